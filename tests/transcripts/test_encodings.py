# ruff: noqa: E501
"""Text in many languages and encodings: read right, or one line that asks. Never garbled in silence."""

import codecs
import logging
import unicodedata
from pathlib import Path

import pytest

from comb.errors import BadInputError, BadParamsError
from comb.study.params import parse_params
from comb.study.speakers import StudyRoles
from comb.transcripts.encoding import decode
from comb.transcripts.reader import read_folder, read_transcript

TALK = {
    "English": "INT: How’s the café going — fine?\nP03: It’s £5 or more, I’m not sure. That’s the thing… you know.",
    "French": "INT: Où êtes-vous né ?\nP03: Je suis né à Orléans, où j’ai été élevé avec mon frère. Ça va très bien.",
    "German": "INT: Wie geht es Ihnen?\nP03: Ich fühle mich müde, und die Tabletten vergesse ich öfter. Das heißt, früher nicht.",
    "Spanish": "INT: ¿Cómo está?\nP03: Tomo la pastilla por la mañana para que no se me olvide. Mi señor también, el año pasado.",
    "Portuguese": "INT: Como está?\nP03: Eu não tomo o remédio de manhã, então a minha mãe ajuda. As refeições são às sete.",
    "Italian": "INT: Come sta?\nP03: La mattina prendo le pastiglie perché così non le dimentico. È più facile, però non è la realtà.",
    "Dutch": "INT: Hoe gaat het?\nP03: Ik neem de tabletten één keer per dag en dat is niet moeilijk. De ideeën zijn van mijn cliënt.",
    "Swedish": "INT: Hur mår du?\nP03: Jag tar tabletten på morgonen så att jag inte glömmer. Det är för många, tycker jag också.",
    "Danish": "INT: Hvordan går det?\nP03: Jeg tager pillen om morgenen, så jeg ikke glemmer den. Det er også på grund af søvnen, tror jeg.",
    "Norwegian": "INT: Hvordan går det?\nP03: Jeg tar tablettene på morgenen så jeg ikke glemmer dem. Det er også noe jeg må få gjøre først.",
    "Finnish": "INT: Mitä kuuluu?\nP03: Minä otan lääkkeen aamulla, että en unohda. Se on hyvä ja mieheni myös tekee niin. Ei ole vaikeaa.",
    "Icelandic": "INT: Hvernig hefur þú það?\nP03: Ég tek töfluna á morgnana svo að ég gleymi ekki. Það er líka gott að við erum með og að það er.",
    "Polish": "INT: Jak się pani czuje?\nP03: Biorę tabletkę rano, żeby nie zapomnieć. Mąż też to robi, ale nie zawsze. Świetnie.",
    "Czech": "INT: Jak se máte?\nP03: Beru prášek ráno, abych na to nezapomněla. Můj muž taky, ale ne vždy. To je štěstí, že ano.",
    "Slovak": "INT: Ako sa máte?\nP03: Beriem liek ráno, aby som na to nezabudla. Môj muž tiež, ale nie vždy. To je šťastie, že áno.",
    "Hungarian": "INT: Hogy van?\nP03: Reggel veszem be a gyógyszert, hogy ne felejtsem el. Az is jó, de nem mindig. Már megszoktam, és ez a fő.",
    "Slovene": "INT: Kako ste?\nP03: Zjutraj vzamem tableto, da ne pozabim. Tudi mož, ampak ne vedno. To je že dobro, saj se bo še naučil.",
    "Croatian": "INT: Kako ste?\nP03: Ujutro uzmem tabletu da ne zaboravim. I muž također, ali ne uvijek. To je već dobro, što se može reći.",
    "Romanian": "INT: Ce mai faceţi?\nP03: Iau pastila dimineaţa ca să nu uit. Şi soţul meu, dar nu în fiecare zi. Este bine că o am cu mine.",
    "Turkish": "INT: Nasılsınız?\nP03: İlacı sabah alıyorum, çünkü unutmak istemiyorum. Eşim de öyle, ama her gün değil. Bu çok iyi bir şey.",
    "Lithuanian": "INT: Kaip jaučiatės?\nP03: Aš geriu vaistus ryte, kad nepamirščiau. Vyras taip pat, bet ne visada. Tai yra gerai ir tiek, žinote.",
    "Latvian": "INT: Kā jums klājas?\nP03: Es dzeru zāles no rīta, lai neaizmirstu. Vīrs arī, bet ne vienmēr. Tas ir labi, un es to zinu, jā.",
    "Estonian": "INT: Kuidas läheb?\nP03: Ma võtan rohtu hommikul, et see ei ununeks. Minu mees ka, aga mitte alati. See on hea ja nii ma õppisin.",
    "Welsh": "INT: Sut mae’r dŵr?\nP03: Rydw i wedi bod yn y tŷ ac mae hi’n braf. Nid yw’r tân yn ddŵr, ond y mae yn y gegin.",
    "Russian": "INT: Как вы себя чувствуете?\nP03: Я пью таблетку утром, чтобы не забыть. Муж тоже, но не всегда. Это хорошо, что он есть.",
    "Ukrainian": "INT: Як ви себе почуваєте?\nP03: Я п'ю таблетку вранці, щоб не забути. Чоловік теж, але не завжди. Це добре, що він є і так.",
    "Bulgarian": "INT: Как се чувствате?\nP03: Аз пия хапчето сутрин, за да не забравя. Мъжът ми също, но не винаги. Това е добре и ще се науча.",
    "Serbian": "INT: Како сте?\nP03: Узимам таблету ујутру, да не заборавим. И муж такође, али не увек. То је добро, што се каже, још сам ту.",
    "Greek": "INT: Πώς είστε;\nP03: Παίρνω το χάπι το πρωί για να μην το ξεχάσω. Και ο άντρας μου, αλλά όχι πάντα. Αυτό είναι καλό και δεν με πειράζει.",
    "Hebrew": "INT: מה שלומך?\nP03: אני לוקחת את הכדור בבוקר כדי לא לשכוח. גם בעלי, אבל לא תמיד. זה טוב וכל זה של היום, על הבוקר.",
    "Arabic": "INT: كيف حالك؟\nP03: آخذ الدواء في الصباح حتى لا أنسى. زوجي أيضا، ولكن ليس دائما. هذا جيد من كل شيء، لأن ذلك كان على ما يرام.",
    "Thai": "INT: คุณเป็นอย่างไรบ้าง\nP03: ฉันกินยาตอนเช้าเพื่อจะได้ไม่ลืม สามีก็เหมือนกัน แต่ไม่เสมอไป มันก็ดี",
    "Vietnamese": "INT: Chị thấy thế nào?\nP03: Tôi uống thuốc vào buổi sáng để không quên.",
    "Japanese": "INT: お元気ですか。\nP03: 忘れないように、朝に薬を飲みます。夫もそうですが、いつもではありません。それはいいことです。",
    "Chinese": "INT: 你好吗？\nP03: 我早上吃药，这样就不会忘记了。我的丈夫也是，但不是总是。这是一个很好的习惯，我觉得我们都在学。",
    "Chinese, traditional": "INT: 你好嗎？\nP03: 我早上吃藥，這樣就不會忘記了。我的丈夫也是，但不是總是。這是一個很好的習慣，我覺得我們都在學。",
    "Korean": "INT: 어떻게 지내세요?\nP03: 저는 잊지 않으려고 아침에 약을 먹어요. 남편도 그래요, 하지만 항상은 아니에요. 그것은 좋은 일이라고 생각합니다.",
}  # fmt: skip
ENCODINGS = {
    "English": "cp1252 mac_roman cp850 cp437 cp1250 iso8859_15",
    "French": "cp1252 mac_roman cp850 iso8859_15 latin_1",
    "German": "cp1252 mac_roman cp850 cp1250 latin_1",
    "Spanish": "cp1252 mac_roman cp850 latin_1",
    "Portuguese": "cp1252 mac_roman cp850 cp860",
    "Italian": "cp1252 mac_roman cp850",
    "Dutch": "cp1252 mac_roman cp850",
    "Swedish": "cp1252 mac_roman cp850 cp865",
    "Danish": "cp1252 mac_roman cp865",
    "Norwegian": "cp1252 mac_roman cp865 iso8859_10",
    "Finnish": "cp1252 mac_roman cp850",
    "Icelandic": "cp1252 mac_iceland cp861",
    "Polish": "cp1250 iso8859_2 mac_latin2 cp852",
    "Czech": "cp1250 iso8859_2 mac_latin2 cp852",
    "Slovak": "cp1250 iso8859_2 mac_latin2 cp852",
    "Hungarian": "cp1250 iso8859_2 mac_latin2 cp852",
    "Slovene": "cp1250 iso8859_2 cp852 mac_latin2",
    "Croatian": "cp1250 iso8859_2 cp852 mac_croatian",
    "Romanian": "cp1250 iso8859_2 cp852",
    "Turkish": "cp1254 iso8859_9 mac_turkish cp857",
    "Lithuanian": "cp1257 iso8859_13 cp775",
    "Latvian": "cp1257 iso8859_4 iso8859_13 cp775",
    "Estonian": "cp1257 cp1252 iso8859_15",
    "Welsh": "iso8859_14",
    "Russian": "cp1251 koi8_r iso8859_5 cp866 mac_cyrillic",
    "Ukrainian": "cp1251 koi8_u iso8859_5 cp1125 mac_cyrillic",
    "Bulgarian": "cp1251 iso8859_5 mac_cyrillic",
    "Serbian": "cp1251 iso8859_5 mac_cyrillic",
    "Greek": "cp1253 iso8859_7 mac_greek cp737",
    "Hebrew": "cp1255 iso8859_8 cp862",
    "Arabic": "cp1256 iso8859_6 cp864",
    "Thai": "cp874 tis_620",
    "Vietnamese": "cp1258",
    "Japanese": "shift_jis euc_jp iso2022_jp cp932",
    "Chinese": "gb18030 gb2312 hz",
    "Chinese, traditional": "big5 gb18030",
    "Korean": "euc_kr cp949 iso2022_kr johab",
}
PAIRS = [(language, encoding) for language, names in ENCODINGS.items() for encoding in names.split()]
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
SURE = {
    ("English", "cp1252"), ("French", "cp1252"), ("French", "mac_roman"), ("German", "cp1252"), ("German", "mac_roman"),
    ("Spanish", "cp1252"), ("Polish", "cp1250"), ("Polish", "iso8859_2"), ("Czech", "cp1250"), ("Czech", "iso8859_2"),
    ("Hungarian", "cp1250"), ("Turkish", "cp1254"), ("Russian", "cp1251"), ("Russian", "koi8_r"), ("Greek", "cp1253"),
    ("Ukrainian", "cp1251"), ("Hebrew", "cp1255"), ("Arabic", "cp1256"), ("Japanese", "shift_jis"),
    ("Korean", "euc_kr"), ("Lithuanian", "cp1257"), ("English", "mac_roman"),
}  # fmt: skip


def written(text: str, encoding: str) -> bytes:
    """Encode; what an encoding lacks is written as people write it there."""
    plain = str.maketrans("’—…ţŢşŞ", "'--ţŢşŞ") if encoding not in ("utf-8",) else {}
    for form in (
        text,
        unicodedata.normalize("NFD", text),
        text.translate(plain),
        text.translate({0xA3: "", 0x2014: "-"}),
    ):
        try:
            return form.encode(encoding)
        except UnicodeEncodeError:
            continue
    return text.translate(plain).encode(encoding, "ignore")


def read_or_asked(data: bytes) -> tuple[str, BadInputError | None]:
    try:
        return decode(data, "P03.txt"), None
    except BadInputError as error:
        return "", error


def is_utf8(data: bytes) -> bool:
    try:
        return bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_right_or_asked(language: str, encoding: str) -> None:
    data = written(TALK[language], encoding)
    text, error = read_or_asked(data)
    assert text == data.decode(encoding) or (error and (language, encoding) not in SURE)
    assert not error or ("encoding" in str(error) and "study.encoding" in error.remedy and "P03:" not in str(error))


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
@pytest.mark.parametrize("length", [15, 40, 80])
def test_right_or_asked_where_there_is_little_text(language: str, encoding: str, length: int) -> None:
    """A few words are not enough to be sure of a rare encoding, and then comb asks."""
    for start in range(0, len(TALK[language]) - 10, 7):
        data = written(TALK[language][start : start + length], encoding)
        if is_utf8(data):
            continue  # one letter of an older encoding may be a valid letter of UTF-8: nobody can know
        text, error = read_or_asked(data)
        assert error or text == data.decode(encoding)


@pytest.mark.parametrize("language", TALK)
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode_needs_no_asking(language: str, encoding: str) -> None:
    assert decode(TALK[language].encode(encoding), "P03.txt") == TALK[language]


def save(folder: Path, name: str, text: str, encoding: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    path = save(tmp_path, "P03.txt", TALK["Vietnamese"], "utf-8")
    path.write_bytes(written(TALK["Vietnamese"], "cp1258"))
    with pytest.raises(BadInputError, match=r"P03.txt: .*encoding.*study\.encoding"):
        read_transcript(path)
    said = written(TALK["Vietnamese"], "cp1258").decode("cp1258")
    assert read_transcript(path, encodings={"": "cp1258"}).text == said


def test_an_encoding_for_one_file_beats_that_of_the_study(tmp_path: Path) -> None:
    save(tmp_path, "P03.txt", TALK["Polish"], "cp1250")
    save(tmp_path, "P04.txt", TALK["Czech"], "iso8859_2")
    save(tmp_path, "P05.txt", TALK["Greek"], "utf-8")
    transcripts, errors = read_folder(tmp_path, StudyRoles(), {"": "iso8859_2", "P03": "cp1250"})
    assert not errors
    assert [t.text for t in transcripts] == [TALK["Polish"], TALK["Czech"], TALK["Greek"]]


def test_an_encoding_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "P03.txt", "INT: \x9d?\nP03: Secret \x81.", "latin-1")
    with pytest.raises(BadInputError, match=r"P03.txt: .*cp1252.*line 1") as caught:
        read_transcript(path, encodings={"P03": "cp1252"})
    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize("study", [{"encoding": "klingon"}, {"encodings": {"P03": "base64"}}, {"encoding": "zip"}])
def test_params_know_encodings(study: dict[str, object]) -> None:
    with pytest.raises(BadParamsError, match="encoding"):
        parse_params({"study": study})
    given = parse_params({"study": {"encoding": "cp1250", "encodings": {"P03": "mac_roman"}}}).study.given_encodings
    assert given == {"": "cp1250", "P03": "mac_roman"}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("INT: How’s it going?\nP03: It’s fine, that’s for sure. It’s “fine”.", "cp1252"),
        ("INT: Où ça ?\nP03: C’est très près de l’école, à côté.", "cp1252"),
        ("INT: Und?\nP03: Ich fühle mich müde, für heute. Schön.", "latin-1"),
        ("INT: Jak?\nP03: Biorę tabletkę, żeby nie zapomnieć. Mąż też.", "cp1250"),
    ],
)
def test_mojibake_is_noticed(said: str, wrong: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    garbled = said.encode("utf-8").decode(wrong, "replace")
    with caplog.at_level(logging.WARNING):
        read_transcript(save(tmp_path, "P03.txt", garbled, "utf-8"))
    assert "P03.txt: line" in caplog.text
    assert "garbled" in caplog.text
    assert "fine" not in caplog.text


@pytest.mark.parametrize("language", [name for name in TALK if name != "Vietnamese"])
def test_good_text_is_not_called_garbled(language: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_transcript(save(tmp_path, "P03.txt", TALK[language], "utf-8"))
    assert "garbled" not in caplog.text


@pytest.mark.parametrize("language", [name for name in TALK if name not in ("Vietnamese", "Thai")])
def test_language_is_said_unless_it_is_english(language: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = TALK[language] + "\n" + "\n".join(line for line in TALK[language].splitlines() * 4)
    with caplog.at_level(logging.WARNING):
        read_transcript(save(tmp_path, "P03.txt", text, "utf-8"))
    said = "seems to be in" in caplog.text
    assert said == (language != "English")


def test_short_texts_and_english_with_foreign_names_get_no_claim(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        read_transcript(save(tmp_path, "P03.txt", "INT: Ja?\nP03: Ja.", "utf-8"))
        talk = "INT: And Siân?\nP03: I saw Łukasz and Zoë at the café, and then we said that it was fine.\n" * 5
        read_transcript(save(tmp_path, "P04.txt", talk, "utf-8"))
    assert "seems to be" not in caplog.text


def test_english_with_typographic_quotes_is_read_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "P03.txt"
    path.write_bytes(TALK["English"].encode("cp1252"))
    with caplog.at_level(logging.WARNING):
        assert read_transcript(path).text == TALK["English"]
    assert not caplog.text


def test_byte_order_marks_are_no_text() -> None:
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")):
        assert decode(mark + "P03: é".encode(encoding), "a.txt") == "P03: é"


def test_short_tables_with_an_english_header(tmp_path: Path) -> None:
    table = "transcript,quote,code,valence,coder\nP03,Déjà vu au café.,goals,,Zoë\n".replace("à", "a")
    assert decode(table.encode("cp1252"), "a.csv") == table
    for word, encoding in (("Biorę", "cp1250"), ("señor", "mac_roman"), ("años", "cp850")):
        table = f"transcript,quote,code,valence,coder\nP03,{word}.,goals,,Ann\n"
        text, error = read_or_asked(table.encode(encoding))
        assert error or text == table


def test_import_with_an_encoding_makes_a_copy_in_utf8(comb, study) -> None:
    path = study.root.parent / "P03.txt"
    path.write_bytes(written("INT: Xin?\nP03: Tôi uống thuốc vào buổi sáng.", "cp1258"))
    assert "--encoding" in comb("import", path, code=1)
    assert not list(study.raw.iterdir())
    comb("import", path, "--encoding", "cp1258")
    assert read_transcript(study.raw / "P03.txt").text == path.read_bytes().decode("cp1258")
    assert "no encoding is known by that name" in comb("import", path, "--encoding", "klingon", code=1)


def test_an_encoding_counts_for_the_files_of_a_folder(comb, study) -> None:
    folder = study.root.parent / "my interviews"
    folder.mkdir()
    (folder / "P03.txt").write_bytes(written("INT: Xin?\nP03: Tôi uống thuốc vào buổi sáng.", "cp1258"))
    comb("import", folder, "--encoding", "cp1258")
    assert read_transcript(study.raw / "P03.txt").text == (folder / "P03.txt").read_bytes().decode("cp1258")

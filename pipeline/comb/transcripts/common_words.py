# ruff: noqa: E501 (tables of words)
"""The most common words and the letters of the languages that comb recognises, with their usual encodings."""

from dataclasses import dataclass
from functools import cache

_WESTERN = "cp1252 latin_1 iso8859_15 mac_roman cp850 cp437"
_CENTRAL = "cp1250 iso8859_2 mac_latin2 cp852"
_CYRILLIC = "cp1251 koi8_r koi8_u iso8859_5 cp866 mac_cyrillic cp1125 cp855"


@dataclass(frozen=True)
class Language:
    """A language that comb recognises."""

    name: str
    words: frozenset[str]
    """Its most common words, in lower case; single characters if it is written without spaces."""
    letters: frozenset[str]
    """Its letters besides a-z, small and capital."""
    encodings: tuple[str, ...]
    """Older encodings for it."""
    spaced: bool = True


def _range(first: str, last: str) -> str:
    return "".join(map(chr, range(ord(first), ord(last) + 1)))


_RUSSIAN = _range("а", "я") + "ё"
_HAN, _KANA, _HANGUL = _range("\u4e00", "\u9fff") + "々", _range("\u3041", "\u30ff"), _range("\uac00", "\ud7a3")
_TABLE = (
    ("English", "éèëïöüç", _WESTERN + " cp1250",
     "the of and to a in is it you that he was for on are with as i they be at have this from or had by but what some we "
     "there were your when said which do how if will about many then them would so these her him has more no could than "
     "been who its did down only over don't i'm it's that's i've not me my like just know think because yes can get got "
     "go one time really remember transcript quote code coder speaker text start end valence memo participant"),
    ("French", "àâæçéèêëîïôœùûüÿ", _WESTERN,
     "le la les de des du un une et est que qui dans pour pas ne sur au avec il elle je on nous vous ils ce cette son sa "
     "mais ou où donc par plus si mon ma mes suis ai été j'ai c'est ça très bien fait tout comme être"),
    ("German", "äöüß", _WESTERN + " cp1250 iso8859_2",
     "der die das und ist nicht ich sie es ein eine mit zu den auf für dem im von dass auch wie wir war aber hat habe "
     "mich mir so oder wenn noch nur was man bei ihr ihnen sich des als mehr haben sind heißt"),
    ("Spanish", "áéíñóúü", _WESTERN,
     "el la los las de del que y en un una es no se por con para lo su al como más pero sus le ya me si porque mi muy "
     "sin sobre también hay yo está todo esta son tengo cuando qué está"),
    ("Portuguese", "áâãàçéêíóôõúü", _WESTERN + " cp860",
     "o os as de do da dos das que e em um uma não se por com para no na ao mais mas como eu ele ela isso muito já também "
     "foi é são está meu minha você tem então porque às"),
    ("Italian", "àèéìíîòóùú", _WESTERN,
     "il lo la gli le di del della che e è un una non si per con in da al alla sono ho mi ma come più anche io questo "
     "perché così quando molto tutto cosa poi ci nel però se"),
    ("Dutch", "áéèëïíóöúü", _WESTERN,
     "de het een en van ik is dat niet te in op je die zijn voor met er aan maar ook als was om heb hij ze dan wel nog "
     "naar door bij of geen mijn hoe wat gaat dit"),
    ("Swedish", "åäöé", _WESTERN + " cp865",
     "och att det som en på är av för med den till inte jag har om ett var men så de från han hon vi man när också eller "
     "min mig hur mycket kan du då"),
    ("Danish", "åæøé", _WESTERN + " cp865",
     "og at det som en på er af for med den til ikke jeg har om et var men så de fra han hun vi man når også eller min mig "
     "hvordan meget kan du der"),
    ("Norwegian", "åæøéòô", _WESTERN + " cp865 iso8859_10",
     "og at det som en på er av for med den til ikke jeg har om et var men så de fra han hun vi man når også eller min meg "
     "hvordan noe mye kan du må dem"),
    ("Finnish", "äöå", _WESTERN,
     "ja on ei se että minä hän mutta oli niin kun ovat myös ne tai sen olen mitä joka kuin jos nyt sitten en minun sitä "
     "tämä hyvä ole mukaan"),
    ("Icelandic", "áðéíóúýþæö", "cp1252 latin_1 mac_iceland cp861",
     "og að í á er það sem ég við var ekki en til um hann hún með fyrir af þú hafa þetta svo þá eru líka mér frá"),
    ("Polish", "ąćęłńóśźż", _CENTRAL,
     "i w na z do się nie że to jest jak o ale co po tak za od czy mi ja mnie był już tylko dla bardzo też może jeszcze ma "
     "żeby przez są pani pan"),
    ("Czech", "áčďéěíňóřšťúůýž", _CENTRAL,
     "a v na je se to že s z do o i jsem ale si tak jako za by jak není když už jen já co pro nebo po abych taky mě od na "
     "byl být ano ne"),
    ("Slovak", "áäčďéíĺľňóôŕšťúýž", _CENTRAL,
     "a v na je sa to že s z do o i som ale si tak ako za by nie keď už len ja čo pre alebo po aby tiež ma od bol byť áno"),
    ("Hungarian", "áéíóöőúüű", _CENTRAL,
     "a az és hogy nem is egy ez van de meg már csak el mint ha én vagy volt azt még mert kell ezt nagyon le lehet ne jó "
     "mindig be"),
    ("Slovene", "čšž", _CENTRAL,
     "je in se da na v za ne so pa z sem ki bi kot tudi po ali če kako ste bo saj samo še že ampak od to sam"),
    ("Croatian", "čćđšž", _CENTRAL + " mac_croatian",
     "je i u se da na za ne su s sam što to kao ali bi od kako samo ste jer ili već još može smo biti nije"),
    ("Romanian", "ăâîşţșț", _CENTRAL + " iso8859_16",
     "şi de la în a nu că să o un din cu pe este ce mai care sunt am dar pentru au fost eu ca el cum mea meu foarte și"),
    ("Turkish", "çğıöşüâîİ", "cp1254 iso8859_9 mac_turkish cp857",
     "bir ve bu da de için ile çok ne ama var gibi daha o ben mi değil en kadar olarak sonra her şey çünkü iyi olan mı"),
    ("Lithuanian", "ąčęėįšųūž", "cp1257 iso8859_13 cp775",
     "ir kad į yra tai su bet iš ne aš jis taip kaip buvo jau tik kai man dar apie nuo jei labai arba pat būti"),
    ("Latvian", "āčēģīķļņšūž", "cp1257 iso8859_4 iso8859_13 cp775",
     "un ir ka no tas ar es par bet kā uz nav to lai arī bija vai man tā ļoti tikai vēl jau kas pie viņš jūs"),
    ("Estonian", "äõöüšž", "cp1257 cp1252 iso8859_15 iso8859_13 iso8859_4 cp775",
     "ja on ei et see ma oli aga ka kui ta siis mis oma või nii seda mida mul väga kes ole nad hea minu see"),
    ("Welsh", "âêîôûŵŷáäëïöéèà", "iso8859_14",
     "yn y yr a i o ar ac mae wedi bod am ei eu ond hi fe rydw roedd gyda nid ni yw hyn oedd sydd mae'r fi"),
    ("Russian", _RUSSIAN, _CYRILLIC,
     "и в не на я что с он а как это по но у из за к мы все так вы от же его есть то она было бы меня ещё мне тоже чтобы"),
    ("Ukrainian", _range("а", "я").translate({ord(c): None for c in "ыэъ"}) + "ґєії", _CYRILLIC,
     "і в не на я що з він а як це по але у за до ми так ви від є його та ще мені теж щоб вона було й"),
    ("Bulgarian", _range("а", "я").translate({ord(c): None for c in "ыэ"}), _CYRILLIC,
     "и в не на аз че с той а как това по но от за да ми се е ще са съм си го ме до те ли със също"),
    ("Serbian", _range("а", "ш").translate({ord(c): None for c in "й"}) + "ђјљњћџ", _CYRILLIC,
     "и у не на је да се за су са од то што као али ће сам како би ја још или смо бити није ми кад"),
    ("Greek", _range("α", "ω") + "άέήίόύώϊϋΐΰ", "cp1253 iso8859_7 mac_greek cp737 cp869",
     "και το να η ο που της την του για είναι με δεν τα από στο θα οι στην αυτό αλλά μου σε μας ότι ή αν τον όχι"),
    ("Hebrew", _range("א", "ת"), "cp1255 iso8859_8 cp862",
     "את של לא על זה אני הוא היא עם כל כי אבל גם יש אם מה או לי היה כן הם אנחנו יותר אז אין"),
    ("Arabic", _range("ء", "غ") + _range("ف", "ي") + _range("ً", "ْ"), "cp1256 iso8859_6 mac_arabic",
     "في من على أن إلى هذا كان لا ما هو التي مع عن كل هذه أنا ذلك لم قد حتى هي لكن ولكن أو بعد كيف كما أيضا"),
    ("Japanese", _HAN + _KANA, "cp932 shift_jis euc_jp", "のにはをたがでとしれさいるなもてこすまか"),
    ("Chinese", _HAN, "gb18030 big5", "的是不我了在有人这這他们們个個一就也你好都来來说說得到会會么麼没沒要很"),
    ("Korean", _HANGUL, "cp949", "이다는을에가를고의하은지도로서한어요그아니나저게해"),
)  # fmt: skip


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages that are known."""
    return tuple(_language(*row) for row in _TABLE)


def _language(name: str, letters: str, encodings: str, words: str) -> Language:
    spaced = " " in words
    capitals = "É" if name == "English" else letters.upper()
    single = frozenset(words.split() if spaced else words)
    return Language(name, single, frozenset(letters + capitals), tuple(encodings.split()), spaced)

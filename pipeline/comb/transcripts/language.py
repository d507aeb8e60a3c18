"""Recognise the language of a text by common words and letters; no claim is made for short texts.

It is used twice: to check whether bytes were decoded with the right encoding (a wrong one gives letters that the
language lacks), and to warn that a transcript is not in English. It uses lists of words and not a statistical model,
because the question is only ever "certainly this language, or not sure", and a list can be read and corrected.
"""

import re
import unicodedata
from itertools import pairwise

from comb.transcripts.common_words import Language, languages

MIN_HITS = 3
"""Fewest different common words of a language in a text that is recognised to be in that language."""
MIN_LETTERS = 16
MIN_SHARE = 0.12
"""Smallest share of a text's words that are common words of its language."""
MIN_WORDS = 60
"""Fewest words of a transcript that is reported not to be in English."""
MARGIN = 1.5
"""How much that share must exceed the share of English words."""

_SAMPLE = 50_000
"""Characters from the start of a text in which words are counted."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SIGNS = frozenset("‘’‚“”„‹›«»–—…·•°%‰©®™€£±×½¼¾²³†¿¡\u00a0\u200e\u200f\u2011\u00ad\u2028\ufeff،؛؟ـ־׳״")
_LETTER = r"[^\W\d_]"
_MISPLACED = re.compile(
    rf"{_LETTER}[£€±×½¼¾©®™•¿¡«»„“†‚‹›‰…]+{_LETTER}|[£€±½¼¾©®†‰]{_LETTER}|{_LETTER}[£½¼¾±©†‰¿¡]|[‚„]{{2}}"
)
"""Signs where no spelling has them: they are letters of another encoding."""
_JOINED = re.compile(rf"{_LETTER}[–—]{_LETTER}")
"""A dash without spaces may be a letter too: ``se–or`` is Spanish from an old Macintosh."""
_ASIAN_SIGN = re.compile(r"[\u3000-\u303f\uff00-\uffef]")


def share(text: str, language: Language) -> float:
    """Return the share of a text's words that are common in a language; 0 if there are too few.

    >>> from comb.transcripts.common_words import languages
    >>> share("ich weiß nicht, ob das so ist, und es ist mir auch gleich", languages()[2]) > 0.5
    True
    """
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        return 0.0
    words = words_of(text) if language.spaced else [char for char in text if char in language.letters]
    return _share(words, language)


def words_of(text: str) -> list[str]:
    """List the words of a text in lower case, with straight apostrophes."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(unicodedata.normalize("NFC", text))]


def _share(words: list[str], language: Language) -> float:
    hits = [word for word in words if word in language.words]
    return len(hits) / len(words) if len(set(hits)) >= MIN_HITS else 0.0


def is_written_in(text: str, language: Language) -> bool:
    """Return whether a text is certainly in a language: enough of its common words, no letter or sign that it lacks."""
    whole = unicodedata.normalize("NFC", text)
    others = {char for char in whole if not char.isascii()} - language.letters - _SIGNS
    if any(language.spaced or not _ASIAN_SIGN.match(char) for char in others):
        return False
    if share(whole[:_SAMPLE], language) < MIN_SHARE or _MISPLACED.search(whole):
        return False
    if language.spaced and _has_capital_inside(whole):
        return False
    return not _JOINED.search(whole) or len(words_of(whole[:_SAMPLE])) >= MIN_WORDS


def is_spelled(text: str) -> bool:
    """Return whether the spelling of a text is plausible: no odd signs, and each word in one script.

    >>> is_spelled("café"), is_spelled("caf‰"), is_spelled("cafи"), is_spelled("cafÚ")
    (True, False, False, False)
    """
    whole = unicodedata.normalize("NFC", text)
    odd = {
        char for char in whole if not (char.isascii() or char.isalpha() or char in _SIGNS or _ASIAN_SIGN.match(char))
    }
    if (
        any(unicodedata.category(char) != "Mn" for char in odd)
        or _has_stray_mark(whole)
        or _MISPLACED.search(whole)
        or _has_capital_inside(whole)
    ):
        return False
    return all(
        len({_script(char) for char in word if char.isalpha()}) == 1
        for word in set(_WORD.findall(whole.replace("’", " ")))
    )


def _has_stray_mark(text: str) -> bool:
    """Return whether a mark of one script (a tone of Thai) stands on a letter of another."""
    marks = ((a, b) for a, b in pairwise(text) if unicodedata.category(b) == "Mn")
    return any(_script(b) != "COMBINING" and _script(a) != _script(b) for a, b in marks)


def _script(char: str) -> str:
    """Return the script of a letter, as its Unicode name says; the three of Japanese count as one."""
    script = "LATIN" if char.isascii() else unicodedata.name(char, "").partition(" ")[0]
    return "CJK" if script in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA") else script


def _has_capital_inside(text: str) -> bool:
    """Return whether a letter beyond ASCII is a capital that follows a small letter, as no language writes it."""
    return any(a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairwise(text))


def foreign_language(text: str) -> str:
    """Return the name of a text's language if it is certainly not English, otherwise ``""``.

    >>> foreign_language("Ich weiß nicht, ob das so ist. Und es ist mir auch nicht wichtig. " * 6)
    'German'
    """
    text = text[:_SAMPLE]
    words = words_of(text)
    unspaced = max((share(text, one) * _cover(text, one), one.name) for one in languages() if not one.spaced)
    if unspaced[0] > MIN_SHARE:
        return unspaced[1]
    if len(words) < MIN_WORDS:
        return ""
    shares = {one.name: _share(words, one) for one in languages() if one.spaced}
    best = max(shares, key=lambda name: shares[name])
    sure = shares[best] >= MIN_SHARE and shares[best] > MARGIN * shares["English"]
    return best if sure and best != "English" else ""


def _cover(text: str, language: Language) -> float:
    """Return the share of a text's letters that the language has beyond ASCII."""
    letters = [char for char in text if char.isalpha()]
    return sum(char in language.letters for char in letters) / len(letters) if letters else 0.0

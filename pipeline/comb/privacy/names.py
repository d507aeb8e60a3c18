"""Find names of persons, places and organisations by rules: lists of names, capitals, and the words around.

There are two ways, chosen line by line. If sentences have capitals, a capital inside a sentence is the strongest
evidence, and the lists decide at its beginning. If a line is all in lower case (speech-to-text) or all in capitals,
lists decide, and names that are also common words (*will*, *rose*) count only next to a title, a relation ("my
brother mark") or "called".
"""

from collections.abc import Iterator

from comb.privacy.found import Found, Kind
from comb.privacy.organisations import STREETS, WELSH_STREETS, find_organisation, find_street
from comb.privacy.tokens import Seen, Token, is_unknown, runs, tokens_of, word_after, word_before
from comb.privacy.word_lists import (
    FUNCTION_WORDS,
    NEVER_NAMES,
    ORGANISATION_NOUNS,
    ORGANISATION_STARTS,
    PLACE_ENDINGS,
    PLACE_STARTS,
    RELATIONS,
    STRONG_ORGANISATION_NOUNS,
    TITLES,
    is_common,
    is_first_name,
    is_surname,
    is_town,
    is_word_too,
)

_PLACE_CUES = frozenset(
    "in from near outside to at around round towards toward through via of above between into".split()
)
_LIVING = frozenset(
    "live lives lived living born moved move moving based grew grown stay stayed raised settled".split()
)
_CALLED = frozenset("called named name's names".split())
_PERSON_VERBS = frozenset(
    "said says told asked rang rings phoned thinks thought knows knew was is has had does did came comes went "
    "goes got gets always never just who lives lived works worked wants wanted died passed would could wouldn't "
    "won't".split()
)
_LINKS = frozenset("of the and y yr upon on le de van der al el bin ap ab under by".split())


def find_names(text: str, seen: Seen) -> Iterator[Found]:
    """Yield possible names; ``seen`` contains how words are written in the study."""
    tokens = tokens_of(text)
    yield from _capitals(tokens, seen)
    for at in range(len(tokens)):
        yield from _flat_name(tokens, at, seen)
        yield from find_organisation(tokens, at)
        yield from find_street(tokens, at)


def _capitals(tokens: list[Token], seen: Seen) -> Iterator[Found]:
    parts = [_may_be_part(token) or _links(tokens, at) for at, token in enumerate(tokens)]
    for first, last in runs(tokens, parts):
        while first < last and _opens_nothing(tokens, first, last, seen):
            first += 1
        while last > first + 1 and (tokens[last - 1].low in _LINKS or tokens[last - 1].low in NEVER_NAMES):
            last -= 1
        words = tokens[first:last]
        if words and _is_name(tokens, first, last, seen):
            yield Found(words[0].start, words[-1].end, _kind(tokens, first, last))


def _may_be_part(token: Token) -> bool:
    return token.capital and len(token.low) > 1 and not token.low.startswith("i'")


def _links(tokens: list[Token], at: int) -> bool:
    """Return whether a small word stands between two words with capitals: *University Hospital of Wales*."""
    if tokens[at].low not in _LINKS or tokens[at].capital or tokens[at].flat or at == 0:
        return False
    after = at + 1
    if after < len(tokens) and tokens[after].low in _LINKS:
        after += 1
    if after >= len(tokens) or not tokens[after].capital or not tokens[at].touches or not tokens[after].touches:
        return False
    before = tokens[at - 1]
    if tokens[at].low in ("and", "to", "by", "on", "the"):
        noun = tokens[at - 1].low in _LINKS or any(
            t.low in ORGANISATION_NOUNS for t in tokens[after : after + 3] if t.capital
        )
        return bool(before.capital or before.low in _LINKS) and noun and not is_first_name(before.low)
    return before.capital or before.low in _LINKS


def _opens_nothing(tokens: list[Token], first: int, last: int, seen: Seen) -> bool:
    """Return whether the first word of a run is there for the sentence, or is a title."""
    token = tokens[first]
    if token.low in TITLES or token.low in NEVER_NAMES or token.low in _LINKS or token.low in FUNCTION_WORDS:
        alone = first + 1 == last and is_word_too(token.low)
        return not alone and not (token.low == "will" and not token.initial)
    if token.initial and first + 1 < last and (is_common(token.low) or token.low in seen.small):
        rest = tokens[first + 1 : last]
        return not (is_first_name(token.low) or any(word.low in ORGANISATION_NOUNS for word in rest))
    return False


def _is_name(tokens: list[Token], first: int, last: int, seen: Seen) -> bool:
    words = [word for word in tokens[first:last] if word.capital]
    if len(words) == 1 and words[0].text.isupper() and len(words[0].text) > 1 and not is_first_name(words[0].low):
        return False
    if all(word.low in NEVER_NAMES for word in words):
        return len(words) == 1 and _is_month_name(tokens, first)
    if first and tokens[first].touches and tokens[first - 1].low in TITLES and not tokens[first].initial:
        return True
    if len(words) > 1:
        return any(_is_proper(word, seen) for word in words) or words[-1].low in STRONG_ORGANISATION_NOUNS
    return _single(tokens, first, seen)


def _single(tokens: list[Token], at: int, seen: Seen) -> bool:
    token = tokens[at]
    listed = is_first_name(token.low) or is_surname(token.low) or is_town(token.low)
    if not token.initial:
        somewhere = (
            word_before(tokens, at) in ("in", "from", "near") and token.low not in ORGANISATION_NOUNS | FUNCTION_WORDS
        )
        return listed or is_unknown(token, seen) or (somewhere and token.low not in seen.small)
    if is_common(token.low):
        verb = tokens[at + 1].low if at + 1 < len(tokens) else ""
        acts = verb in _PERSON_VERBS and token.low not in FUNCTION_WORDS
        return (is_first_name(token.low) and token.owns) or (
            listed and (token.owns or acts) and token.low not in FUNCTION_WORDS
        )
    if token.low in seen.small:
        return is_first_name(token.low) or is_town(token.low)
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    acts = token.owns or (following is not None and following.touches and following.low in _PERSON_VERBS)
    return listed or token.low in seen.inside or acts or _looks_like_place(token.low)


def _is_month_name(tokens: list[Token], at: int) -> bool:
    """Return whether *May*, *April* or *June* is a person here, by the words around."""
    before, second = word_before(tokens, at), tokens[at - 2].low if at > 1 else ""
    spoken_to = before == "to" and second in _SPEAKING
    return tokens[at].low in ("may", "april", "june", "august") and (
        spoken_to or before in _WITH_PERSONS or second in RELATIONS or before in RELATIONS or tokens[at].owns
        or (not tokens[at].initial and word_after(tokens, at) in ("said", "says", "told", "was", "rang", "thinks"))
    )  # fmt: skip


_WITH_PERSONS = frozenset("with told tell see saw ask asked rang ring phoned called me".split())


def _is_proper(token: Token, seen: Seen) -> bool:
    known = is_first_name(token.low) or is_surname(token.low) or is_town(token.low)
    return token.low not in NEVER_NAMES and (known or is_unknown(token, seen))


def _looks_like_place(low: str) -> bool:
    return len(low) > 6 and (
        low.startswith(("llan", "aber", "caer", "pontr")) or low.endswith(("ddu", "fawr", "shire", "goch"))
    )


def _kind(tokens: list[Token], first: int, last: int) -> Kind:
    words = [token.low for token in tokens[first:last]]
    if words[-1] in STREETS or words[0] in WELSH_STREETS:
        return "address"
    if (
        any(word in ORGANISATION_NOUNS for word in words[1:])
        or words[0] in ORGANISATION_STARTS
        or words[0] == "university"
    ):
        return "organisation"
    if any(map(is_town, words)) and not is_first_name(words[0]):
        return "place"
    if is_first_name(words[0]) or (first and tokens[first - 1].low in TITLES):
        return "person"
    cue = tokens[first - 1].low if first else ""
    living = {token.low for token in tokens[max(0, first - 3) : first]} & _LIVING
    ends = words[-1].endswith(tuple(PLACE_ENDINGS)) or words[0].startswith(PLACE_STARTS)
    if cue in ("in", "near", "outside", "around") or living or (ends and not is_surname(words[-1])):
        return "place"
    return "place" if cue in _PLACE_CUES and not is_surname(words[-1]) else "person"


def _flat_name(tokens: list[Token], at: int, seen: Seen) -> Iterator[Found]:
    """Yield the name that begins with a word whose capitals say nothing."""
    token = tokens[at]
    if (
        token.capital
        or len(token.low) < 2
        or token.low in TITLES
        or (not token.flat and token.low in seen.small and is_common(token.low))
    ):
        return
    if _is_person(tokens, at, seen):
        yield Found(token.start, tokens[_last_of_person(tokens, at, seen)].end, "person")
    elif _is_place(tokens, at, seen):
        last = at
        while last + 1 < len(tokens) and tokens[last + 1].touches and _goes_on_as_place(tokens[last + 1], seen):
            last += 1
        first = at - 1 if word_before(tokens, at) in _PLACE_PREFIXES else at
        yield Found(tokens[first].start, tokens[last].end, "place")


def _is_person(tokens: list[Token], at: int, seen: Seen) -> bool:
    token = tokens[at]
    low = token.low
    if low in FUNCTION_WORDS and not is_word_too(low):
        return False
    listed = is_first_name(low) or is_surname(low)
    if _is_introduced(tokens, at):
        return _is_fit_for_introduction(tokens, at, seen)
    if is_town(low) and not (is_first_name(low) and word_before(tokens, at) not in _PLACE_CUES):
        return False
    if listed and not is_common(low) and low not in NEVER_NAMES:
        return token.flat or low not in seen.small
    if is_first_name(low) and low not in FUNCTION_WORDS and at + 1 < len(tokens) and tokens[at + 1].touches:
        after = tokens[at + 1].low
        return is_surname(after) and not is_common(after)
    if _acts_as_person(tokens, at, seen):
        return True
    return (
        token.flat
        and is_word_too(low)
        and low not in NEVER_NAMES
        and word_before(tokens, at) in ("and", "with")
        and (token.owns or word_after(tokens, at) in ("said", "says", "told"))
    )


def _acts_as_person(tokens: list[Token], at: int, seen: Seen) -> bool:
    """Return whether an unknown word in lower case stands where a person does: *with parveen*, *parveen said*."""
    token = tokens[at]
    if (
        not token.flat
        or len(token.low) < 3
        or token.low in NEVER_NAMES
        or not is_unknown(token, seen)
        or is_town(token.low)
    ):
        return False
    after, before = word_after(tokens, at), word_before(tokens, at)
    acts = (token.owns and after not in ("", "of", "and", "in", "to")) or after in _SAYING
    return acts or before in _FLAT_BESIDE or (before == "to" and at > 1 and tokens[at - 2].low in _SPEAKING)


_FLAT_BESIDE = frozenset("with told asked rang met".split())
_SPEAKING = frozenset("said say talking talked spoke speak talk speaking listen".split())
_SAYING = frozenset("said says told rang who came".split())


def _is_introduced(tokens: list[Token], at: int) -> bool:
    """Return whether the words before announce a person: a title, a relation, "called", "my name is"."""
    if at == 0 or not tokens[at].touches:
        return False
    before, second, third = (tokens[at - n].low if at >= n else "" for n in (1, 2, 3))
    if before in TITLES or before in _CALLED:
        return True
    if before in RELATIONS:
        return second in (
            "my",
            "our",
            "his",
            "her",
            "their",
            "your",
            "the",
            "eldest",
            "youngest",
            "best",
            "little",
            "older",
            "big",
            "of",
            "ex",
        )
    if before in ("is", "was", "it's") and second == "name":
        return True
    return before == "is" and second == "this" and third in ("", "hello", "hi", "and", "yes")


def _is_fit_for_introduction(tokens: list[Token], at: int, seen: Seen) -> bool:
    low, before = tokens[at].low, tokens[at - 1].low
    if low in NEVER_NAMES and not is_word_too(low):
        return False
    if is_word_too(low) or (is_first_name(low) and low not in FUNCTION_WORDS):
        auxiliary = low in ("will", "may", "art", "rose", "sue", "rob", "grant", "mark") and before not in _CALLED
        return not auxiliary or tokens[at].owns or word_after(tokens, at) in _AFTER_NAME or before in TITLES - RELATIONS
    if is_surname(low) and before in TITLES:
        return not is_common(low) or before in _PERSONS_TITLES
    return not is_common(low) and (tokens[at].flat or low not in seen.small)


_PERSONS_TITLES = frozenset("mr mrs ms miss dr prof professor".split())
_AFTER_NAME = frozenset("said says was is has had and who came told used went does did works lives that".split()) | {""}
_NOT_SURNAMES = FUNCTION_WORDS | frozenset(
    "may will can long best just still says said tells keeps gives lives works helps likes likely early late wise "
    "sharp close day ward hospital street road".split()
)


def _last_of_person(tokens: list[Token], at: int, seen: Seen) -> int:
    """Return the place of the last word of a person's name that begins at a place."""
    last = at
    while last + 1 < len(tokens) and last - at < 2 and not tokens[last].owns:
        token = tokens[last + 1]
        goes_on = is_surname(token.low) or (is_first_name(token.low) and not is_word_too(token.low))
        unknown = (
            not is_common(token.low) and (token.flat or token.low not in seen.small) and is_first_name(tokens[at].low)
        )
        if (
            not token.touches
            or token.capital
            or token.low in _NOT_SURNAMES
            or not (goes_on or unknown)
            or token.low in NEVER_NAMES
        ):
            break
        last += 1
    return last


def _is_place(tokens: list[Token], at: int, seen: Seen) -> bool:
    low = tokens[at].low
    if low in FUNCTION_WORDS or low in NEVER_NAMES:
        return False
    cues = {token.low for token in tokens[max(0, at - 3) : at]}
    if is_town(low):
        return not is_common(low) or (bool(cues & _LIVING) and word_before(tokens, at) in _PLACE_CUES)
    if is_common(low) or (not tokens[at].flat and low in seen.small):
        return False
    if _looks_like_place(low):
        return True
    before = word_before(tokens, at)
    if before in _PLACE_PREFIXES and at > 1:
        before = word_before(tokens, at - 1)
    shaped = low.endswith(tuple(PLACE_ENDINGS)) or low.startswith(PLACE_STARTS)
    return (
        tokens[at].flat
        and before in _PLACE_CUES
        and (bool(cues & _LIVING) or shaped or before in ("in", "from", "near"))
    )


_PLACE_PREFIXES = frozenset(
    "great little bishop upper lower north south east west new old port st saint high market".split()
)
_PLACE_NOUNS = frozenset("bridge port dock docks bay vale green hill park common head mills wells".split())


def _goes_on_as_place(token: Token, seen: Seen) -> bool:
    if token.low in _PLACE_NOUNS and not token.capital:
        return True
    known = is_common(token.low) or token.low in FUNCTION_WORDS or token.low in NEVER_NAMES
    return not token.capital and not known and token.low not in seen.small and not is_first_name(token.low)

"""Find organisations and streets in lower case, which only the nouns at their end reveal."""

from collections.abc import Iterator

from comb.privacy.found import Found
from comb.privacy.tokens import Token, word_after
from comb.privacy.word_lists import (
    FUNCTION_WORDS,
    ORGANISATION_NOUNS,
    ORGANISATION_STARTS,
    is_common,
    is_first_name,
    is_surname,
    is_town,
)

STREETS = frozenset(
    "street road avenue lane close crescent drive terrace gardens grove square mews parade heol stryd ffordd "
    "rhodfa".split()
)
WELSH_STREETS = frozenset("heol stryd ffordd rhodfa".split())
_WELSH_WORDS = frozenset("bro garth pen glan maes y".split())
_KINDS_OF_CARE = ORGANISATION_NOUNS | {"medical", "comprehensive", "nursing", "care"}
_GENERIC = frozenset(
    "the a an my our your his her their this that local general community mental public private primary big old "
    "new same other another nearest first last high main junior infant special secondary little small whole good "
    "nice each every any some no one walk-in drop-in gp doctor's doctors dental asthma diabetic diabetes stroke "
    "pain foot eye medical nursing care residential day night sunday welsh english state village town city "
    "cottage teaching district county parish out-patient outpatient outpatients antenatal postnatal maternity "
    "children's childrens memory heart breast chest national retail corner health social service own in at to "
    "from of for and or is was with by on side back front private busy best wrong right quiet cross down up along "
    "across off into through over under round towards near out".split()
)
_LONGEST = 3
"""Words of an organisation's name before its noun."""


def find_organisation(tokens: list[Token], at: int) -> Iterator[Found]:
    """Yield an organisation in lower case that ends with a noun such as *surgery*, or begins as *ysbyty* does."""
    token = tokens[at]
    if token.capital:
        return
    if token.low in ORGANISATION_STARTS and word_after(tokens, at) not in FUNCTION_WORDS | {""}:
        last = _extend(tokens, at + 1, at + _LONGEST)
        yield Found(token.start, tokens[last].end, "organisation")
    of = token.low == "university" and word_after(tokens, at) == "of"
    if of and word_after(tokens, at + 1) not in _GENERIC | {""}:
        yield Found(token.start, tokens[at + 2].end, "organisation")
    if token.low in ORGANISATION_NOUNS and word_after(tokens, at) not in ORGANISATION_NOUNS:
        yield from _before_noun(tokens, at)


def _extend(tokens: list[Token], last: int, most: int) -> int:
    """Return the place of the last word of a Welsh name."""
    while last < most and (word := word_after(tokens, last)) and word not in FUNCTION_WORDS:
        if is_common(word) and word not in _WELSH_WORDS:
            break
        last += 1
    return last


def _before_noun(tokens: list[Token], at: int) -> Iterator[Found]:
    """Yield the name that ends with the noun at a place."""
    noun = at
    while noun > 0 and tokens[noun].touches and tokens[noun - 1].low in _KINDS_OF_CARE:
        noun -= 1
    first = noun
    while first > max(0, noun - _LONGEST) and tokens[first].touches and _names(tokens[first - 1]):
        first -= 1
    if any(map(_is_telling, tokens[first:noun])):
        yield Found(tokens[first].start, tokens[at].end, "organisation")


def _names(token: Token) -> bool:
    return not token.capital and token.low not in _GENERIC and token.low not in FUNCTION_WORDS


def _is_telling(token: Token) -> bool:
    listed = is_first_name(token.low) or is_surname(token.low) or is_town(token.low)
    return token.flat and (listed or not is_common(token.low))


def find_street(tokens: list[Token], at: int) -> Iterator[Found]:
    """Yield a street in lower case."""
    token = tokens[at]
    if token.capital or not token.flat:
        return
    if token.low in WELSH_STREETS and word_after(tokens, at):
        last = at + 2 if word_after(tokens, at) in ("y", "yr") and word_after(tokens, at + 1) else at + 1
        yield Found(token.start, tokens[last].end, "address")
    elif token.low in STREETS and at and token.touches and _names(tokens[at - 1]):
        goes_back = at > 1 and tokens[at - 1].touches and _names(tokens[at - 2]) and _is_telling(tokens[at - 2])
        if token.low not in ("close", "drive", "square") or _is_telling(tokens[at - 1]):
            yield Found(tokens[at - 2 if goes_back else at - 1].start, token.end, "address")

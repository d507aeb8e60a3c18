"""Propose pseudonyms: one for each person, place or number, however it is written."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count

from comb.privacy.found import Kind
from comb.privacy.table import fold

NEUTRAL = (
    "Alex Ashley Aubrey Avery Bailey Blair Bobbie Brook Cameron Casey Charlie Chris Corey Dale Dana Darcy Devon "
    "Drew Eden Ellis Emery Evelyn Finley Flynn Frankie Gabriel Glen Gray Hadley Harley Hayden Hollis Jackie Jamie "
    "Jesse Jody Jules Kelsey Kendall Kerry Kim Kit Lane Lee Leigh Lesley Linden Logan Lou Mallory Marlow Merle "
    "Micah Morgan Nicky Noel Pat Perry Peyton Quinn Rae Reese Remy Riley Robin Rory Rowan Sage Sandy Sasha Sawyer "
    "Shannon Shay Shelby Sidney Sky Stacey Stevie Storm Sydney Taylor Terry Toby Toni Tracy Val Vivian Wallis Wren "
    "Yael Zephyr Arden Ariel Auden Bellamy Briar Campbell Carey Darby Emerson Ever Greer Indigo Jaden Keegan Lennox "
    "Monroe Oakley Palmer Presley Raven Reagan River Roan Salem Scout Tatum Tyler Winter"
).split()
"""Names for persons that say nothing about sex, and little about origin."""
_SAYS: dict[Kind, str] = {
    "place": "place",
    "organisation": "organisation",
    "address": "address",
    "postcode": "postcode",
    "date": "date",
    "phone": "phone number",
    "email": "e-mail address",
    "web": "web address",
    "nhs_number": "NHS number",
    "ni_number": "national insurance number",
    "vehicle": "registration",
    "number": "number",
}


def propose(wanted: Iterable[tuple[str, Kind]], given: Mapping[str, str], avoid: Collection[str]) -> dict[str, str]:
    """Return a pseudonym for each candidate, by its folded text.

    ``given`` contains those that are in the table already. A surname or first name that occurs in only one full name
    gets the pseudonym of that person. ``avoid`` contains words of the study, none of which is used as a pseudonym.
    """
    made = dict(given)
    todo = [(fold(text), kind) for text, kind in wanted if fold(text) not in made]
    names = _unused(set(map(fold, given.values())) | {word.casefold() for word in avoid})
    full = [text for text, kind in todo if kind == "person" and " " in text]
    known = [text for text in given if " " in text]
    for text, kind in sorted(todo, key=lambda item: " " not in item[0]):
        owners = [
            name for name in dict.fromkeys([*full, *known]) if text != name and text in name.split() and name in made
        ]
        pseudonyms = {made[name] for name in owners}
        if kind == "person":
            made[text] = pseudonyms.pop() if len(pseudonyms) == 1 else next(names)
        else:
            made[text] = _numbered(kind, made.values())
    return made


def _unused(taken: Collection[str]) -> Iterator[str]:
    yield from (name for name in NEUTRAL if name.casefold() not in taken)
    yield from (
        name for one in NEUTRAL for two in NEUTRAL if (name := f"{one} {two}").casefold() not in taken and one != two
    )


def _numbered(kind: Kind, taken: Collection[str]) -> str:
    if kind == "age":
        return "[over 89]"
    said = _SAYS[kind]
    return next(name for number in count(1) if (name := f"[{said} {number}]") not in taken)

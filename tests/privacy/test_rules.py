"""What the rules find, and what they leave alone."""

import pytest

from comb.privacy.finder import find
from comb.privacy.patterns import has_nhs_checksum
from comb.privacy.proposals import propose
from comb.privacy.tokens import Seen, seen_in


def found(text: str, seen: Seen | None = None) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in find(text, seen or seen_in([text]))]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("I said to Mrs. Trelawney that it hurt.", "person", "Trelawney"),
        ("It was Dr O’Neill’s idea, not mine.", "person", "O’Neill"),
        ("We saw Siân Rhys-Davies on Monday.", "person", "Siân Rhys-Davies"),
        ("so i saw dr blenkinsop and she was nice", "person", "blenkinsop"),
        ("i told megan that i was fine", "person", "megan"),
        ("MY HUSBAND IS CALLED GERAINT AND HE DRIVES", "person", "GERAINT"),
        ("my brother mark's the same", "person", "mark"),
        ("So I asked Will about it.", "person", "Will"),
        ("I was talking to May about the tablets.", "person", "May"),
        ("I'm from Nantgaredig, it's a small place.", "place", "Nantgaredig"),
        ("i've lived in llandeilo all my life", "place", "llandeilo"),
        ("They sent me to Ysbyty Tywyn for it.", "organisation", "Ysbyty Tywyn"),
        ("i'm with brynhafod surgery now", "organisation", "brynhafod surgery"),
        ("She's at 12 Larkspur Crescent.", "address", "12 Larkspur Crescent"),
        ("the postcode's sa9 4xy i think", "postcode", "sa9 4xy"),
        ("It was on the 3rd of March 2019.", "date", "3rd of March 2019"),
        ("it was the twelfth of june nineteen sixty one", "date", "twelfth of june nineteen sixty one"),
        ("My mam's ninety-two and does her own shopping.", "age", "ninety-two"),
        ("Ring me on 07700 900 321 then.", "phone", "07700 900 321"),
        ("mine is geraint dot owen at gmail dot com", "email", "geraint dot owen at gmail dot com"),
        ("It's on www.example-quit.org.uk/help, all of it.", "web", "www.example-quit.org.uk/help"),
        ("My number is 943 476 5919 there.", "nhs_number", "943 476 5919"),
        ("It's AB 12 34 56 C on the card.", "ni_number", "AB 12 34 56 C"),
        ("The car is CX61 PQR, the blue one.", "vehicle", "CX61 PQR"),
        ("My hospital number is D334455.", "number", "D334455"),
    ],
)
def test_is_found(text: str, kind: str, words: str) -> None:
    assert (kind, words) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Will you come in May? I hope so. Mark my words, it rose.",
        "i may go and i will rest, i hope, and the sun rose",
        "On Monday the GP said it was Covid. I am Welsh.",
        "I took 250 mg twice, 90 minutes apart; 95% of it. In 1998, or 2 to 3 years ago.",
        "We went to the local surgery, then the hospital. Mum and Dad came.",
        "I walked 10,000 steps, at 9.30 on Tuesday, with vitamin B12.",
    ],
)
def test_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_the_checksum_of_an_nhs_number() -> None:
    assert has_nhs_checksum("9434765919")
    assert not has_nhs_checksum("9434765910")
    assert found("I counted 943 476 5910 of them")[:1] != [("nhs_number", "943 476 5910")]


def test_a_pseudonym_in_a_copy_is_no_candidate() -> None:
    text = "I told Harley that Harley Owen rang."
    assert [text[o.start : o.end] for o in find(text, seen_in([text]), known=["Harley"])] == ["Harley Owen"]


def test_one_person_gets_one_pseudonym_and_no_word_of_the_study_is_one() -> None:
    wanted = [
        ("Megan Evans", "person"),
        ("Evans", "person"),
        ("Megan", "person"),
        ("Cardiff", "place"),
        ("Rhys", "person"),
    ]
    made = propose(wanted, {}, {"alex"})
    assert made["megan evans"] == made["evans"] == made["megan"] != made["rhys"]
    assert "Alex" not in made.values()
    assert made["cardiff"] == "[place 1]"


def test_two_people_of_one_surname_are_not_taken_for_one() -> None:
    made = propose([("Megan Evans", "person"), ("Huw Evans", "person"), ("Evans", "person")], {}, ())
    assert len({made["megan evans"], made["huw evans"], made["evans"]}) == 3

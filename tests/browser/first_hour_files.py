"""Six invented interviews in Word and a spreadsheet of codings of two coders, as a nurse researcher has them.

The readers of the tutorial work with the same files.
"""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from docx import Document
from openpyxl import Workbook, load_workbook

from tests.conftest import ROOT

PRACTICE = ROOT / "docs" / "tutorial" / "ward-interviews.zip"
"""The files as the tutorial hands them out."""
PEOPLE = ("Nia", "Sally", "Tomos", "Priya", "Owen", "Grace")
QUESTIONS = (
    "Could you tell me how hand hygiene works on your ward?",
    "What makes it harder?",
    "And what helps you to do it?",
    "Is there anything that you would change?",
)
ANSWERS = (
    (
        "We all know the five moments, we learned them in training. {own} The dispenser by bed four is always empty.",
        "When it is busy I simply forget it. {second} There is nobody who reminds you.",
        "The sister does it every time, so I do it too. It has become a habit, I do not think about it.",
        "I would put a dispenser at every bed. My skin gets sore, that worries me.",
    ),
)
OWN = (
    "I was shown how to do it on my first day.",
    "Nobody ever showed me how long to rub.",
    "I did a course on it last spring.",
    "The poster over the sink explains it well.",
    "I had to look it up myself.",
    "Our trainer watched each of us do it.",
)
SECOND = (
    "At night there are two of us for thirty patients.",
    "The bell rings and off you go.",
    "On Mondays I have no time to think.",
    "With gloves on I feel that I am clean anyway.",
    "An emergency comes first.",
    "The trolley stands in front of the sink.",
)
CODED = (
    ("We all know the five moments, we learned them in training.", "Knowledge", "facilitator"),
    ("The dispenser by bed four is always empty.", "Environmental context and resources", "barrier"),
    ("When it is busy I simply forget it.", "Memory, attention and decision processes", "barrier"),
    ("The sister does it every time, so I do it too.", "Social influences", "facilitator"),
    ("It has become a habit, I do not think about it.", "Reinforcement", "facilitator"),
)
CODERS = ("Ann", "Ben")


def name_of(number: int) -> str:
    """Return the id of an interview."""
    return f"Ward {number + 1:02}"


def make_interviews(folder: Path) -> list[Path]:
    """Write the interviews as Word documents: a paragraph for each turn."""
    paths = []
    for number, person in enumerate(PEOPLE):
        document = Document()
        for question, answer in zip(QUESTIONS, ANSWERS[0], strict=True):
            document.add_paragraph(f"Megan: {question}")
            document.add_paragraph(f"{person}: {answer.format(own=OWN[number], second=SECOND[number])}")
        path = folder / f"{name_of(number)}.docx"
        document.save(str(path))
        paths.append(path)
    return paths


def make_codings(path: Path) -> int:
    """Write the codings of two coders: one code misspelt, one quote that is said twice over, one that nobody said.

    Returns how many rows there are.
    """
    book = Workbook()
    sheet = book.active
    sheet.append(["Document", "Coded segment", "Code", "Barrier/Enabler", "Coded by"])
    rows = 0
    for number in range(3):
        for coder in CODERS:
            for quote, code, valence in CODED:
                if coder == "Ben" and code == "Reinforcement" and number == 2:
                    code = "Reinforcment habits"
                if coder == "Ben" and number == 1 and code == "Knowledge":
                    quote = "We all learnt about the five moments of hygiene in our training week."
                if coder == "Ann" and number == 0 and code == "Social influences":
                    quote = "I do it every time that the sister does it."
                sheet.append([name_of(number), quote, code, valence, coder])
                rows += 1
    book.save(str(path))
    return rows


def pack() -> io.BytesIO:
    """Return the interviews and the spreadsheet as an archive."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        make_codings(Path(folder) / "codings.xlsx")
        for path in (*make_interviews(Path(folder)), Path(folder) / "codings.xlsx"):
            archive.write(path, f"ward-interviews/{path.name}")
    return packed


def contents(packed: Path | IO[bytes]) -> dict[str, list[str]]:
    """Return the paragraphs or rows of each file in an archive."""
    with zipfile.ZipFile(packed) as archive:
        return {name: _lines(name, io.BytesIO(archive.read(name))) for name in archive.namelist()}


def _lines(name: str, file: IO[bytes]) -> list[str]:
    if name.endswith(".docx"):
        return [paragraph.text for paragraph in Document(file).paragraphs]
    return ["\t".join(map(str, row)) for row in load_workbook(file).active.values]

"""The tutorial in the browser names what the workspace has, and shows the pictures of the first hour in its order.

``tests/browser/test_first_hour.py`` walks the same way and looks for each label on the pages themselves.
"""

import re

from tests.browser.first_hour_files import PRACTICE, contents, pack
from tests.browser.pictures import EXAMPLE, FOLDER, TUTORIAL, WORKSPACE
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "tutorial" / "in-the-browser.md").read_text(encoding="utf-8")
LABELS = set(re.findall(r"\*\*([^*]+)\*\*", re.sub(r"\s+", " ", PAGE)))
"""What the tutorial says is on the pages of the workspace: its words in bold."""
FILLED_IN = re.compile(r"Ward \d\d|Ann|: ")
"""Parts of labels that the program fills in."""


def test_labels_are_in_the_workspace() -> None:
    comb = ROOT / "pipeline" / "comb"
    places = [*comb.glob("review/**/*.html"), *comb.glob("review/static/*.js"), *comb.glob("review/**/*.py")]
    places += [*comb.glob("stages/*.py"), comb / "study" / "template" / "configs" / "codebook.yaml"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in places)
    parts = {part.strip() for label in LABELS for part in FILLED_IN.split(label)} - {""}
    assert [part for part in sorted(parts) if not re.search(rf"(?<!\w){re.escape(part)}(?!\w)", source)] == []
    assert len(LABELS) > 20


def test_pictures_are_those_of_the_first_hour_in_its_order() -> None:
    assert tuple(re.findall(r"\]\(\.\./images/([\w-]+)\.png\)", PAGE)) == TUTORIAL


def test_every_picture_is_drawn_by_one_command() -> None:
    drawn = {f"{name}.png" for name in (*TUTORIAL, *WORKSPACE)} | {f"{name}.svg" for name in EXAMPLE}
    assert {path.name for path in FOLDER.iterdir()} == drawn


def test_practice_files_are_those_of_the_first_hour() -> None:
    assert contents(PRACTICE) == contents(pack()), "make pictures writes them again"
    assert "(ward-interviews.zip)" in PAGE

"""Find participants' words that git would keep: texts of the codebook and the prompt that occur in transcripts."""

from collections.abc import Sequence

from comb.codebook import Code
from comb.study.files import read_transcripts
from comb.study.layout import Study

_FEWEST = 5
"""Words of a text that is looked for; shorter ones may be anybody's."""


def words_in_git(study: Study) -> list[str]:
    """Return the places of participants' words in git's files: ids of codes, or the name of the prompt's file."""
    texts: dict[str, Sequence[str]] = {code.id: _texts(code) for code in study.codebook}
    if study.prompt.exists():
        texts[study.prompt.name] = study.prompt.read_text(encoding="utf-8", errors="replace").splitlines()
    if not study.transcripts.exists():
        return []
    spoken = [_plain(one.text) for one in read_transcripts(study.transcripts).values()]
    wanted = {
        name: [plain for text in found if (plain := _plain(text)).count(" ") > _FEWEST] for name, found in texts.items()
    }
    return [name for name, found in wanted.items() if any(text in one for text in found for one in spoken)]


def _texts(code: Code) -> tuple[str, ...]:
    return (code.definition, code.include, code.exclude, *code.examples)


def _plain(text: str) -> str:
    """Return a text's words with one space before and after each, so that only whole words are found."""
    words = "".join(char if char.isalnum() else " " for char in text.casefold()).split()
    return f" {' '.join(words)} "

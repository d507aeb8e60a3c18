"""Import spaCy without the parts that comb does not use. The only place that interferes with imports.

spaCy's thinc imports torch if it is installed, which takes about 2 of 3 seconds; ``comb suggest`` does not need torch.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Hide(MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is not wanted here", name=name)
        return None


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Hide these packages from imports inside the block; a package that is imported already stays."""
    finder = _Hide(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def import_spacy() -> ModuleType:
    """Import spaCy without torch, and without spaCy's command line, which would take a third of the time."""
    stand_ins = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info")}
    stand_ins["spacy.cli.info"].info = None  # type: ignore[attr-defined]
    fresh = "spacy" not in sys.modules
    with hidden("torch", "cupy", "mxnet", "tensorflow"):
        sys.modules.update(stand_ins if fresh else {})
        import spacy
    for name in stand_ins if fresh else ():
        del sys.modules[name]
    return spacy

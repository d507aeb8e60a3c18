"""Import libraries without the parts of them that comb does not use. The one place where imports are bent.

spaCy's thinc imports torch wherever it finds it (about 2 of 3 seconds), scikit-learn and scipy do the same with
pandas, and skops imports every estimator of scikit-learn to make its default list of trusted types, which comb
replaces by a list of its own. ``comb suggest`` needs none of that.
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
    """Let imports inside the block find none of these packages; one that is imported already stays."""
    finder = _Hide(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def import_spacy() -> ModuleType:
    """Import spaCy without torch, and without its command line, which takes a third of the time."""
    stand_ins = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info")}
    stand_ins["spacy.cli.info"].info = None  # type: ignore[attr-defined]
    fresh = "spacy" not in sys.modules
    with hidden("torch", "cupy", "mxnet", "tensorflow"):
        sys.modules.update(stand_ins if fresh else {})
        import spacy
    for name in stand_ins if fresh else ():
        del sys.modules[name]
    return spacy


def import_skops_io() -> ModuleType:
    """Import ``skops.io`` with an empty default list of trusted types, and without torch and pandas."""
    from unittest import mock

    with hidden("torch", "pandas", "quantile_forest", "xgboost", "lightgbm", "catboost"):
        import sklearn.utils

        with mock.patch.object(sklearn.utils, "all_estimators", list):
            import skops.io
    module: ModuleType = skops.io
    return module

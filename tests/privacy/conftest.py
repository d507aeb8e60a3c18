"""Rules alone: tests do not depend on whether a spaCy model is installed."""

import pytest


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comb.stages.pseudonymise.spacy_recogniser", lambda: None)

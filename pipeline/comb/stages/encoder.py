"""Export the encoder for a study."""

from pathlib import Path
from typing import Any

from comb.encoder.export import export_encoder, read_tuned
from comb.errors import NotReadyError
from comb.stages.listener import Listener
from comb.study.atomic import together
from comb.study.layout import Study


def export(study: Study, listener: Listener) -> dict[str, Any]:
    """Export the encoder, fine-tuned if the params ask for it, and return the content of encoder.json."""
    tuned = _tuned_model(study)
    with listener.status("Exporting the encoder"), together(study.root):
        facts: dict[str, Any] = export_encoder(study.params.encoder, study.encoder, tuned)
    learned = ", fine-tuned" if tuned else ""
    listener.note(
        f"Encoder {facts['id']}: {facts['model']}{learned}, {facts['precision']}, {facts['dimension']} dimensions."
    )
    return facts


def _tuned_model(study: Study) -> Path | None:
    """Return the fine-tuned model if the params ask for one.

    Raises NotReadyError if there is none, or if it was made from another model.
    """
    if not study.params.tune.epochs:
        return None
    if read_tuned(study.tuned).model != study.params.encoder.model:
        remedy = "Run: dvc repro (or: comb tune)."
        raise NotReadyError("not a fine-tuned encoder.model", where=str(study.tuned), remedy=remedy)
    return study.tuned

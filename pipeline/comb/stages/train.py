"""Train the classifier on the codings."""

from collections.abc import Mapping

from comb.learning.artifact import Model, write_model
from comb.learning.dataset import TooFewCodingsError
from comb.learning.train import train as train_model
from comb.stages.listener import Listener
from comb.stages.loading import encoder_id, read_dataset, shipped_model, starter_codes
from comb.stages.pseudonym_gate import check_pseudonyms
from comb.stages.reliability import starter_sentence
from comb.stages.versions import VERSIONS
from comb.study.atomic import together
from comb.study.layout import Study


def train(study: Study, listener: Listener, *, require_pseudonyms: bool = False) -> Model:
    """Train on the codings in data/codings, write the model and return it.

    The head contains coded sentences; with ``require_pseudonyms``, names must have been replaced first.
    """
    try:
        dataset = read_dataset(study, listener)
    except TooFewCodingsError as error:
        if not (known := starter_codes(study)):
            raise
        return _starter(study, known, error, listener)
    check_pseudonyms(study, listener, "the model", require=require_pseudonyms)
    with listener.status("Training"), together(study.root):
        trained = train_model(dataset, study.params.train, encoder_id(study), VERSIONS["train"])
        model = write_model(study.head, trained)
    kinds = "with" if model.valence else "without"
    listener.note(
        f"Model {model.id}: {len(model.codes.codes)} codes, {len(model.examples)} coded segments, {kinds} valence."
    )
    for code, n in model.withheld.items():
        least = study.params.train.min_examples
        listener.note(f"  withheld: {code} ({n} coded segments; train.min_examples is {least})")
    return model


def _starter(study: Study, known: Mapping[str, str], why: TooFewCodingsError, listener: Listener) -> Model:
    """Write the starter where the study's own model goes, and return it."""
    with together(study.root):
        model = write_model(study.head, shipped_model(study, known))
    listener.note(f"comb: {why.what}: {starter_sentence()}")
    return model

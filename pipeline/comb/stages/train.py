"""Train the classifier on the codings."""

from comb.learning.artifact import Model, write_model
from comb.learning.dataset import TooFewCodingsError
from comb.learning.train import train as train_model
from comb.stages.listener import Listener
from comb.stages.loading import encoder_id, load_model, read_dataset, starter_codes
from comb.stages.reliability import starter_sentence
from comb.study.layout import Study


def train(study: Study, listener: Listener) -> Model:
    """Train on the codings in data/codings, write the model and return it."""
    try:
        dataset = read_dataset(study, listener)
    except TooFewCodingsError as error:
        if not starter_codes(study):
            raise
        return _starter(study, error, listener)
    with listener.status("Training"):
        model = write_model(study.head, train_model(dataset, study.params.train, encoder_id(study)))
    kinds = "with" if model.valence else "without"
    listener.note(
        f"Model {model.id}: {len(model.codes.codes)} codes, {len(model.examples)} coded segments, {kinds} valence."
    )
    for code, n in model.withheld.items():
        least = study.params.train.min_examples
        listener.note(f"  withheld: {code} ({n} coded segments; train.min_examples is {least})")
    return model


def _starter(study: Study, why: TooFewCodingsError, listener: Listener) -> Model:
    """Write the starter where the study's own model goes, and return it."""
    (study.head / "head.json").unlink(missing_ok=True)
    model = write_model(study.head, load_model(study))
    listener.note(f"comb: {why.what}: {starter_sentence()}")
    return model

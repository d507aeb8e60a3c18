"""Train the classifier on the codings."""

from comb.learning.artifact import Model, write_model
from comb.learning.train import train as train_model
from comb.stages.listener import Listener
from comb.stages.loading import encoder_id, read_dataset
from comb.stages.pseudonym_gate import check_pseudonyms
from comb.study.atomic import together
from comb.study.layout import Study


def train(study: Study, listener: Listener, *, require_pseudonyms: bool = False) -> Model:
    """Train on the codings in data/codings, write the model and return it.

    The head keeps coded sentences: with ``require_pseudonyms`` names must have been replaced.
    """
    dataset = read_dataset(study, listener)
    check_pseudonyms(study, listener, "the model", require=require_pseudonyms)
    with listener.status("Training"), together(study.root):
        model = write_model(study.head, train_model(dataset, study.params.train, encoder_id(study)))
    kinds = "with" if model.valence else "without"
    listener.note(
        f"Model {model.id}: {len(model.codes.codes)} codes, {len(model.examples)} coded segments, {kinds} valence."
    )
    for code, n in model.withheld.items():
        least = study.params.train.min_examples
        listener.note(f"  withheld: {code} ({n} coded segments; train.min_examples is {least})")
    return model

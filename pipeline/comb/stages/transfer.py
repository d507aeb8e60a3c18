"""Compare suggestions for new transcripts with codings that training never reads."""

from dataclasses import dataclass

from comb.codings.codings_csv import read_codings, tables_in
from comb.evaluation.results import TransferMetrics
from comb.evaluation.summary import transfer_summary
from comb.evaluation.transfer import transfer as measure
from comb.learning.artifact import read_model
from comb.learning.dataset import make_dataset
from comb.stages.listener import Listener
from comb.stages.llm_opinion import outside_scores
from comb.stages.loading import all_embedded, encoder_id, load_encoder, read_all
from comb.stages.reliability import assess
from comb.study.atomic import together
from comb.study.files import write_json, write_record
from comb.study.layout import Study
from comb.transcripts.segment import segment_transcripts


@dataclass(frozen=True)
class Transfer:
    """The content of transfer.json."""

    transfer: TransferMetrics | None


def transfer(study: Study, listener: Listener) -> TransferMetrics | None:
    """Write and return the metrics for data/new against data/reference; None without codings there."""
    target = study.metrics / "transfer.json"
    metrics = _measure(study, listener) if tables_in(study.reference) else None
    with together(study.root):
        write_record(target, Transfer(metrics))
        write_json(study.metrics / "transfer-summary.json", transfer_summary(metrics) if metrics else {})
    if metrics is None:
        listener.note(f"No codings in {study.reference}: nothing to compare with.")
    return metrics


def _measure(study: Study, listener: Listener) -> TransferMetrics:
    params = study.params
    transcripts = read_all(study, study.new, listener)
    segments = segment_transcripts(transcripts, params.segment)
    embeddings = all_embedded(study, segments, load_encoder(study), listener)
    model = read_model(study.head, encoder_id(study))
    allowed = assess(study, model.id, model.codes.codes, listener)
    codings = read_codings(study.reference, {t.id: t for t in transcripts}, study.codebook)
    outside = outside_scores(study, segments)
    codes = [code for code in model.codes.codes if code in study.codebook]
    dataset = make_dataset(segments, embeddings, codings, study.codebook, params.train, {}, codes, outside=outside)
    foreign = allowed.unlike(segments, embeddings, model)
    return measure(dataset, model, params.evaluate, allowed.withheld, allowed.cutoff, foreign)

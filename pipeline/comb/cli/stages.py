"""One command per stage of the pipeline; ``dvc repro`` runs them."""

from typing import TYPE_CHECKING, Any

from comb.cli import app, find_study
from comb.cli import console as show
from comb.cli.finetune import evaluation_material
from comb.cli.loading import all_embedded, embedded, encoder_id, load_encoder, no_speech, read_all, study_material
from comb.cli.reliability import show_gate, write_card

if TYPE_CHECKING:
    from pathlib import Path

    from comb.study.layout import Study


@app.command("encoder")
def encoder_command() -> None:
    """Export the encoder for this study (needs the extra "train"; once, or after a change of encoder params).

    Example: comb encoder
    """
    from comb.encoder.export import export_encoder

    study = find_study()
    tuned = _tuned_model(study)
    with show.status("Exporting the encoder"):
        facts = export_encoder(study.params.encoder, study.encoder, tuned)
    learned = ", fine-tuned" if tuned else ""
    show.note(
        f"Encoder {facts['id']}: {facts['model']}{learned}, {facts['precision']}, {facts['dimension']} dimensions."
    )


def _tuned_model(study: "Study") -> "Path | None":
    """Give the fine-tuned model where params ask for one. Raises NotReadyError where there is none, or of another."""
    from comb.errors import NotReadyError
    from comb.study.files import need, read_json

    if not study.params.tune.epochs:
        return None
    facts = read_json(need(study.tuned / "tuned.json", "Run: dvc repro (or: comb tune)."))
    if facts.get("model") != study.params.encoder.model:
        remedy = "Run: dvc repro (or: comb tune)."
        raise NotReadyError("not a fine-tuned encoder.model", where=str(study.tuned), remedy=remedy)
    return study.tuned


@app.command("segment")
def segment_command() -> None:
    """Read the transcripts in data/raw and cut them into segments.

    Example: comb segment
    """
    from comb.records import Segment
    from comb.study.files import write_table, write_transcripts
    from comb.transcripts.segment import segment_transcripts

    study = find_study()
    transcripts = read_all(study.raw, study.params)
    segments = segment_transcripts(transcripts, study.params.segment)
    if not segments:
        raise no_speech(study.raw)
    write_transcripts(study.transcripts, transcripts)
    write_table(study.segments, Segment, segments)
    show.note(f"{len(transcripts)} transcripts, {len(segments)} segments ({study.params.segment.unit}).")


@app.command("embed")
def embed_command() -> None:
    """Turn segments into embeddings; only texts that are new are encoded.

    Example: comb embed
    """
    from comb.encoder.embed import LAYERS
    from comb.records import Segment
    from comb.study.files import new_array, read_table

    study = find_study()
    segments = read_table(study.segments, Segment)
    encoder, total = load_encoder(study), 0
    shape = (len(segments), LAYERS * (2 if study.params.embed.context else 1), encoder.dimension)
    with new_array(study.embeddings, shape) as write:
        for _, embeddings, new in embedded(study, segments, encoder):
            write(embeddings)
            total += new
    show.note(f"{len(segments)} segments embedded; {total} texts encoded, the others were known.")


@app.command("train")
def train_command() -> None:
    """Train the head on the codings in data/codings.

    Example: comb train
    """
    from comb.learning.artifact import write_model
    from comb.learning.train import train

    study = find_study()
    material = study_material(study)
    with show.status("Training"):
        model = train(material, study.params.train, encoder_id(study))
        model = write_model(study.head, model)
    kinds = "with" if model.valence else "without"
    show.note(
        f"Model {model.id}: {len(model.codes.codes)} codes, {len(model.examples)} coded segments, {kinds} valence."
    )
    for code, n in model.withheld.items():
        least = study.params.train.min_examples
        show.note(f"  withheld: {code} ({n} coded segments; train.min_examples is {least})")


@app.command("evaluate")
def evaluate_command() -> None:
    """Cross-validate with whole transcripts held out; write metrics and plots.

    Example: comb evaluate
    """
    from comb.codings.codings_csv import write_codings
    from comb.evaluation.conformal import write_scores
    from comb.evaluation.cross_validation import evaluate
    from comb.report.plots import draw_calibration, draw_confusion
    from comb.study.files import need, read_json, write_json, write_rows

    study = find_study()
    params = study.params
    head = read_json(need(study.head / "head.json", "Train first: comb train."))
    material, tuned = evaluation_material(study)
    with show.status("Evaluating") as step:
        result = evaluate(material, params.train, params.evaluate, step, tuned)
    result.metrics["model"] = head["id"]
    write_json(study.metrics / "evaluate.json", result.metrics)
    write_rows(study.plots / "confusion.csv", ("coded", "suggested"), result.confusion)
    write_rows(study.plots / "calibration.csv", ("code", "score", "coded", "segments"), result.calibration)
    draw_confusion(study.plots / "confusion.svg", result.confusion)
    draw_calibration(study.plots / "calibration.svg", result.calibration)
    write_scores(study.scores, result.scores)
    write_card(study)
    header = ("model", "macro_f1", "micro_f1", "cohen_kappa")
    write_rows(study.metrics / "baselines.csv", header, result.table)
    write_codings(study.heldout, result.heldout)
    protocol = result.metrics["protocol"]
    title = f"{protocol['split']} held out: {protocol['transcripts']} transcripts, {protocol['segments']} segments"
    show.table(title, header, result.table)
    _show_codes(result.metrics)
    show_gate(study, result.metrics)


@app.command("transfer")
def transfer_command() -> None:
    """Compare suggestions for data/new with codings in data/reference, which training never reads.

    Example: comb transfer
    """
    from comb.codings.codings_csv import read_codings
    from comb.evaluation.cross_validation import transfer
    from comb.learning.artifact import read_model
    from comb.learning.dataset import gather
    from comb.study.files import write_json
    from comb.transcripts.segment import segment_transcripts

    study = find_study()
    params = study.params
    target = study.metrics / "transfer.json"
    if not any(study.reference.glob("*.csv")):
        write_json(target, {"transfer": None})
        show.note(f"No codings in {study.reference}: nothing to compare with.")
        return
    transcripts = read_all(study.new, params)
    segments = segment_transcripts(transcripts, params.segment)
    embeddings = all_embedded(study, segments, load_encoder(study))
    model = read_model(study.head, encoder_id(study))
    codings = read_codings(study.reference, {t.id: t for t in transcripts})
    codes = [code for code in model.codes.codes if code in study.codebook]
    material = gather(segments, embeddings, codings, study.codebook, params.train, {}, codes)
    metrics = transfer(material, model, params.evaluate)
    write_json(target, {"transfer": metrics})
    overall = metrics["overall"]
    show.table("Transcripts never trained on", list(overall), [list(overall.values())])


def _show_codes(metrics: dict[str, Any]) -> None:
    rows = []
    for code, figures in metrics["codes"].items():
        spread = f"{figures['f1']['low'] or 0:.2f} to {figures['f1']['high'] or 0:.2f}"
        rows.append([code, figures["n"], *(figures[n]["value"] for n in ("precision", "recall", "f1")), spread])
    show.table("By code", ("code", "coded", "precision", "recall", "F1", "95% interval"), rows)

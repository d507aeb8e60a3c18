"""One command per stage of the pipeline; ``dvc repro`` runs them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import app, find_study, show
from pipeline.cli.trust import show_gate, trust, write_card
from pipeline.errors import BadInputError

if TYPE_CHECKING:
    from pipeline.embed import Embeddings
    from pipeline.material import Material
    from pipeline.params import Params
    from pipeline.records import Segment, Suggestion, Transcript
    from pipeline.study import Study


@app.command("encoder")
def encoder_command() -> None:
    """Export the encoder for this study (needs the extra "train"; once, or after a change of encoder params).

    Example: comb encoder
    """
    from pipeline.encoder import export_encoder

    study = find_study()
    with show.status("Exporting the encoder"):
        facts = export_encoder(study.params.encoder, study.encoder)
    show.note(f"Encoder {facts['id']}: {facts['model']}, {facts['precision']}, {facts['dimension']} dimensions.")


@app.command("segment")
def segment_command() -> None:
    """Read the transcripts in data/raw and cut them into segments.

    Example: comb segment
    """
    from pipeline.records import Segment
    from pipeline.segment import segment_transcripts
    from pipeline.store import write_table, write_transcripts

    study = find_study()
    transcripts = read_all(study.raw, study.params)
    segments = segment_transcripts(transcripts, study.params.segment)
    if not segments:
        raise _no_speech(study.raw)
    write_transcripts(study.transcripts, transcripts)
    write_table(study.segments, Segment, segments)
    show.note(f"{len(transcripts)} transcripts, {len(segments)} segments ({study.params.segment.unit}).")


@app.command("embed")
def embed_command() -> None:
    """Turn segments into embeddings; only texts that are new are encoded.

    Example: comb embed
    """
    from pipeline.records import Segment
    from pipeline.store import read_table, write_array

    study = find_study()
    segments = read_table(study.segments, Segment)
    embeddings, new = embed_all(study, segments)
    write_array(study.embeddings, embeddings)
    show.note(f"{len(segments)} segments embedded; {new} texts encoded, the others were known.")


@app.command("train")
def train_command() -> None:
    """Train the head on the codings in data/codings.

    Example: comb train
    """
    from pipeline.model import write_model
    from pipeline.train import train

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
    from pipeline.codings import write_codings
    from pipeline.conformal import write_scores
    from pipeline.evaluate import evaluate
    from pipeline.report.plots import draw_calibration, draw_confusion
    from pipeline.store import need, read_json, write_json, write_rows

    study = find_study()
    params = study.params
    head = read_json(need(study.head / "head.json", "Train first: comb train."))
    with show.status("Evaluating") as step:
        result = evaluate(study_material(study), params.train, params.evaluate, step)
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
    from pipeline.codings import read_codings
    from pipeline.evaluate import transfer
    from pipeline.material import gather
    from pipeline.model import read_model
    from pipeline.segment import segment_transcripts
    from pipeline.store import write_json

    study = find_study()
    params = study.params
    target = study.metrics / "transfer.json"
    if not any(study.reference.glob("*.csv")):
        write_json(target, {"transfer": None})
        show.note(f"No codings in {study.reference}: nothing to compare with.")
        return
    transcripts = read_all(study.new, params)
    segments = segment_transcripts(transcripts, params.segment)
    embeddings, _ = embed_all(study, segments)
    model = read_model(study.head, encoder_id(study))
    codings = read_codings(study.reference, {t.id: t for t in transcripts})
    codes = [code for code in model.codes.codes if code in study.codebook]
    material = gather(segments, embeddings, codings, study.codebook, params.train, {}, codes)
    metrics = transfer(material, model, params.evaluate)
    write_json(target, {"transfer": metrics})
    overall = metrics["overall"]
    show.table("Transcripts never trained on", list(overall), [list(overall.values())])


@app.command("suggest")
def suggest_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Transcripts; by default all in data/new.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the suggestions.")] = None,
    formats: Annotated[str, typer.Option("--format", help="csv, jsonl, xlsx; several with commas.")] = "",
) -> None:
    """Suggest codes for new transcripts, with score and evidence.

    Example: comb suggest interview.docx --format csv,xlsx
    """
    from pipeline.store import write_suggestions

    study = find_study()
    wanted = _formats(formats) or list(study.params.suggest.formats)
    transcripts = _read_files(files, study.params) if files else read_all(study.new, study.params, empty=True)
    folder = out or study.suggestions
    folder.mkdir(parents=True, exist_ok=True)
    if not transcripts:
        show.note(f"No transcripts in {study.new}: put some there, or name a file: comb suggest interview.docx")
        return
    segments, suggestions = suggest_for(study, transcripts)
    for transcript in transcripts:
        own = [item for item in suggestions if item.transcript == transcript.id]
        write_suggestions(folder, transcript.id, own, wanted)
    _show_suggestions(transcripts, segments, suggestions)
    show.note(f"Suggestions are in {folder} ({', '.join(wanted)}).")


def suggest_for(study: "Study", transcripts: "Sequence[Transcript]") -> "tuple[list[Segment], list[Suggestion]]":
    """Suggest codes for transcripts; give their segments as well. Raises BadInputError where nobody speaks."""
    from pipeline.model import read_model
    from pipeline.segment import segment_transcripts
    from pipeline.suggest import suggest

    # scikit-learn takes as long to import as a short interview to encode: do both at once.
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(read_model, study.head, encoder_id(study))
        segments = segment_transcripts(transcripts, study.params.segment)
        if not segments:
            raise _no_speech(Path(transcripts[0].source))
        embeddings, _ = embed_all(study, segments)
        model = loading.result()
    withheld, cutoff = trust(study, model.id)
    kept = suggest(segments, embeddings, model, study.params.suggest.evidence, withheld=withheld, cutoff=cutoff)
    return segments, kept


def encoder_id(study: "Study") -> str:
    """Give the id of the study's encoder."""
    from pipeline.store import need, read_json

    return str(read_json(need(study.encoder / "encoder.json", "Run: comb encoder."))["id"])


def read_all(folder: Path, params: "Params", *, empty: bool = False) -> "list[Transcript]":
    """Read a folder of transcripts, reporting those that cannot be read; an error where none can."""
    from pipeline.transcripts import read_folder

    transcripts, errors = read_folder(folder, params.study.roles)
    show.report(errors)
    if not transcripts and not (empty and not errors):
        what = "none of its files could be read" if errors else "there are no transcripts"
        remedy = "Put transcripts there (.docx, .txt, .vtt, .srt, .rtf, .pdf, .csv, .xlsx), or use: comb import FILE."
        raise BadInputError(what, where=str(folder), remedy=remedy)
    _report_unknown(transcripts, params)
    return transcripts


def _read_files(files: Sequence[Path], params: "Params") -> "list[Transcript]":
    """Read the files that were named; those that cannot be read are reported, and it is an error if none can."""
    from pipeline.transcripts import read_transcript

    transcripts: list[Transcript] = []
    errors: list[BadInputError] = []
    for path in files:
        try:
            transcripts.append(read_transcript(path, params.study.roles))
        except BadInputError as error:
            errors.append(error)
    if not transcripts:
        raise errors[0]
    show.report(errors)
    _report_unknown(transcripts, params)
    return transcripts


def _report_unknown(transcripts: "Sequence[Transcript]", params: "Params") -> None:
    from pipeline.transcripts import unknown_speakers

    for name, speakers in unknown_speakers(transcripts, params.study.roles).items():
        listed = ", ".join(repr(speaker) for speaker in speakers)
        show.note(
            f"comb: {name}: speakers of unknown role, not coded: {listed}. "
            "Add them to study.roles in configs/params.yaml (participant, interviewer or other)."
        )


def _no_speech(where: Path) -> BadInputError:
    return BadInputError(
        "no speech of participants was found",
        where=str(where),
        remedy="Add the speakers' names to study.roles.participant, or other roles to segment.roles, in params.yaml.",
    )


def embed_all(study: "Study", segments: "Sequence[Segment]") -> "tuple[Embeddings, int]":
    """Embed segments, showing progress; give how many texts were new."""
    from pipeline.embed import Cache, OnnxEncoder, distinct_texts, embed_segments

    params = study.params.embed
    cache = Cache(study.cache, OnnxEncoder(study.encoder, params.batch_tokens))
    with show.progress("Encoding", distinct_texts(segments, context=params.context)) as advance:
        return embed_segments(segments, cache, advance, context=params.context)


def study_material(study: "Study") -> "Material":
    """Read what train and evaluate start from, reporting what had to be mended."""
    from pipeline.codings import read_codings, read_participants
    from pipeline.material import gather
    from pipeline.records import Segment
    from pipeline.store import read_array, read_table, read_transcripts

    transcripts = read_transcripts(study.transcripts)
    codings = read_codings(study.codings, transcripts)
    for warning in codings.warnings:
        show.note(f"comb: {warning}")
    material = gather(
        read_table(study.segments, Segment),
        read_array(study.embeddings),
        codings,
        study.codebook,
        study.params.train,
        read_participants(study.participants, list(transcripts)),
    )
    unplaced = material.views.unplaced
    if unplaced:
        show.note(f"comb: {unplaced} codings lie outside all segments (interviewers' speech?): not used.")
    return material


def _formats(text: str) -> list[str]:
    known = ("csv", "jsonl", "xlsx")
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"unknown format {name!r}; known: {', '.join(known)}", param_hint="--format")
    return names


def _show_codes(metrics: dict[str, Any]) -> None:
    rows = []
    for code, figures in metrics["codes"].items():
        spread = f"{figures['f1']['low'] or 0:.2f} to {figures['f1']['high'] or 0:.2f}"
        rows.append([code, figures["n"], *(figures[n]["value"] for n in ("precision", "recall", "f1")), spread])
    show.table("By code", ("code", "coded", "precision", "recall", "F1", "95% interval"), rows)


def _show_suggestions(
    transcripts: "Sequence[Transcript]", segments: "Sequence[Segment]", suggestions: "Sequence[Suggestion]"
) -> None:
    from collections import Counter

    total = Counter(segment.transcript for segment in segments)
    touched = Counter(item.transcript for item in suggestions if item.rank == 1)
    share = {name: f"{touched[name] / n:.0%}" for name, n in total.items()}
    rows = [[t.id, total[t.id], touched[t.id], share.get(t.id, "–")] for t in transcripts]
    show.table("Suggestions by transcript", ("transcript", "segments", "with a code", "coverage"), rows)
    scores: dict[str, list[float]] = {}
    for item in suggestions:
        scores.setdefault(item.code, []).append(item.score)
    rows = [[code, len(found), sum(found) / len(found), max(found)] for code, found in sorted(scores.items())]
    show.table("Suggestions by code", ("code", "suggestions", "mean score", "highest"), rows)

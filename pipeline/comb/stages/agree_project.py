"""Agreement of coders in a project of other software, such as a .qdpx file, without a study."""

from collections.abc import Sequence
from pathlib import Path

from comb.agreement.disagreements import header, listing, unit_answers
from comb.agreement.results import Agreement
from comb.agreement.summarise import Settings, default_coders, summarise_study
from comb.agreement.units import CodedStudy
from comb.codebook import Codebook, parse_codebook
from comb.codings.codings_csv import CodingsRead
from comb.errors import BadInputError
from comb.exchange.project import Project, Setting
from comb.records import ROLES, Coding, Role
from comb.stages import formats
from comb.stages.agree import AgreeOptions, Listed, digests
from comb.stages.listener import Listener
from comb.study.params import AgreementParams, SegmentParams, TrainParams

SUFFIXES = (".qdpx", ".qda", ".sqlite3")


def is_project(files: Sequence[Path]) -> bool:
    """Return whether the one file that was named is a project of other software."""
    return len(files) == 1 and files[0].suffix.lower() in SUFFIXES


def agree_on_project(path: Path, options: AgreeOptions, listener: Listener) -> tuple[Agreement, Listed]:
    """Compare the coders of a project on sentences; return all figures and the disagreements.

    Codes are compared as they were used: none is rolled up to a category above it. Raises BadInputError for a file
    without coded texts.
    """
    read = formats.reader(path)
    if read is None:
        raise BadInputError("not a project that comb can read", where=path.name, remedy="Use a .qdpx file.")
    project = read(path, Setting())
    for warning in project.warnings:
        listener.note(f"comb: {warning}")
    study = _coded(project, path.name)
    defaults = AgreementParams()
    settings = Settings(
        unit=options.unit or "segment",
        level=study.codebook.levels[-1],
        machine_level=study.codebook.levels[-1],
        coders=options.coders or default_coders(study),
        reference=options.reference,
        overlap=options.overlap,
        margin=options.margin,
        replicates=options.bootstrap or defaults.bootstrap,
        seed=defaults.seed if options.seed is None else options.seed,
        inputs=digests([path]),
    )
    with listener.status("Comparing"):
        found = summarise_study(study, settings)
    people = [name for name in settings.coders if name not in study.models] or list(settings.coders)
    unit = settings.unit if settings.unit == "turn" else "segment"
    return found, (header(people), listing(unit_answers(study, people, "", unit), people, study.codebook))


def _coded(project: Project, where: str) -> CodedStudy:
    from comb.transcripts.segment import segment_transcripts

    codings = tuple(coding for coding in project.codings if coding.transcript in project.transcripts)
    if not codings:
        raise BadInputError("no coded text", where=where, remedy="Export the project with its sources and codings.")
    models: dict[str, list[str]] = {}
    for coding in codings:
        if coding.by_model:
            models.setdefault(coding.coder, []).append(coding.code)
    roles = _coded_roles(project, codings)
    return CodedStudy(
        transcripts=project.transcripts,
        segments=segment_transcripts(project.transcripts.values(), SegmentParams(roles=roles)),
        read=CodingsRead(codings, (), project.coverage),
        codebook=_flat(codings),
        roles=roles,
        share=TrainParams().overlap,
        models=models,
        attributes=project.attributes,
    )


def _coded_roles(project: Project, codings: Sequence[Coding]) -> tuple[Role, ...]:
    """List the roles whose speech somebody coded: speech that nobody codes would only add to agreement."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for coding in codings:
        spans.setdefault(coding.transcript, []).append((coding.start, coding.end))
    found = {
        turn.role
        for name, own in spans.items()
        for turn in project.transcripts[name].turns
        if any(start < turn.end and turn.start < end for start, end in own)
    }
    return tuple(role for role in ROLES if role in found) or ROLES


def _flat(codings: Sequence[Coding]) -> Codebook:
    """Make a codebook of one level of the codes that were used."""
    used = sorted({coding.code for coding in codings if coding.code})
    return parse_codebook({"codes": [{"id": code} for code in used]})

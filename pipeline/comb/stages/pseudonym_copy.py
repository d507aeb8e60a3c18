"""Write a pseudonymised copy of a study, and restore the originals of such a copy with the key.

The originals are never changed. The copy is a study of its own: transcripts, codings, tables and settings, but no
outputs of stages, no review database and no key. Each file is written whole, so that an interrupted run is simply
repeated.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from comb.codings.codings_csv import write_codings
from comb.errors import BadInputError, NotReadyError
from comb.exchange.project import Project
from comb.exchange.word.writer import docx_bytes
from comb.privacy.candidates import Decided, Matcher, Text, of_transcript
from comb.privacy.captions import rewrite_captions
from comb.privacy.key_file import KeyRow, maps_back, read_key, rows_of_text, write_key
from comb.privacy.offset_map import OffsetMap, make_map
from comb.privacy.rewriting import Rewriting, new_ids
from comb.records import Transcript
from comb.stages.listener import Listener
from comb.stages.pseudonymise import Pseudonymised, confirmed, make_matcher, replacer
from comb.stages.reading_cache import remove_entries
from comb.stages.study_texts import StudyTexts, digest, file_name_words, read_texts
from comb.study.files import read_record, write_bytes, write_record, write_rows, write_text
from comb.study.layout import Study
from comb.study.new import new_study
from comb.study.params import RoleParams
from comb.study.speakers import SpeakerRow, StudyRoles, write_speakers
from comb.transcripts.encoding import decode, encode
from comb.transcripts.reader import dump_transcript, read_transcript
from comb.transcripts.roles import find_role, is_numbered, key

_PROSE = frozenset(("name", "behaviour", "definition", "include", "exclude", "examples", "memo"))


@dataclass(frozen=True)
class Copied:
    """The content of a pseudonymised copy."""

    folder: Path
    transcripts: int
    replaced: int
    """Number of places in transcripts where something was replaced."""
    codings: int
    changed_format: tuple[str, ...]
    """New file names of transcripts that could not keep their format."""


def pseudonymise(study: Study, out: Path, listener: Listener) -> Copied:
    """Write the pseudonymised copy of a study into a folder, and the key into the study's private folder.

    Raises NotReadyError if candidates are undecided, and BadInputError, before anything is written, if a file of
    the study cannot be read, or if the folder contains anything but an unchanged copy written by comb.
    """
    rows = confirmed(study)
    texts = _all_readable(study)
    _check_folder(study, out)
    _, matcher = make_matcher(study, texts)
    decided = Decided.of(rows)
    made = _rewriting(texts, matcher, decided)
    write_key(study.key, _key(made, decided))
    pseudonyms = tuple(sorted({row.pseudonym for row in rows if row.replaced}))
    copied = _write(study, texts, made, out, pseudonyms, listener)
    remove_entries(study.readings)  # it only saves time, and contains the originals
    return copied


def restore(study: Study, copy: Path, out: Path, listener: Listener) -> Copied:
    """Write the originals of a pseudonymised copy into a folder, with the key of the study from which it was made.

    Codings made in the copy are included. In memos and tables, a pseudonym that stands for several words stays.
    """
    source = Study(copy.resolve())
    if not source.pseudonymised.exists():
        remedy = "Name the folder that comb pseudonymise --apply wrote."
        raise NotReadyError("not a pseudonymised copy of a study", where=str(copy), remedy=remedy)
    rows = read_key(study.key)
    texts = _all_readable(source)
    _check_folder(source, out)
    _check_folder(study, out)
    return _write(source, texts, _back(texts, rows), out, (), listener)


def _all_readable(study: Study) -> StudyTexts:
    texts = read_texts(study)
    if texts.errors:
        details = [str(error) for error in texts.errors]
        remedy = "Correct or remove them: what is not read is not pseudonymised."
        raise BadInputError(f"files that cannot be read: {len(details)}", remedy=remedy, details=details)
    if not texts.transcripts:
        raise BadInputError("there are no transcripts", where=str(study.raw), remedy="Bring them in with: comb import.")
    return texts


def _check_folder(study: Study, out: Path) -> None:
    """Raise BadInputError unless a folder is free, or is a copy that nobody has changed."""
    here, there = study.root.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        remedy = "Choose a folder beside the study."
        raise BadInputError("neither the copy nor the study may be inside the other", where=str(out), remedy=remedy)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    copy = Study(there)
    try:
        known = read_record(copy.pseudonymised, Pseudonymised)
    except (NotReadyError, BadInputError):
        raise BadInputError("contains other files", where=str(out), remedy="Choose a new folder.") from None
    changed = [
        path for path, was in known.files.items() if (copy.root / path).is_file() and digest(copy.root / path) != was
    ]
    if changed:
        what = f"files of the copy that were changed since comb wrote them: {len(changed)}"
        raise BadInputError(what, where=str(out), remedy="Choose a new folder, and keep this one.", details=changed)


def _rewriting(texts: StudyTexts, matcher: Matcher, decided: Decided) -> Rewriting:
    maps = {}
    for name, transcript in texts.transcripts.items():
        text = of_transcript(transcript)
        maps[name] = make_map(decided.replacements(text, matcher.matches(text)))
    words = replacer(matcher, decided)
    ids = new_ids({name: _new_id(name, matcher, decided) for name in texts.transcripts})
    return _made(texts, maps, ids, words)


def _made(
    texts: StudyTexts, maps: dict[str, OffsetMap], ids: dict[str, str], words: Callable[[str, str], str]
) -> Rewriting:
    speakers = {name: _speakers(one, maps[name], words) for name, one in texts.transcripts.items()}
    return Rewriting(texts.transcripts, maps, ids, speakers, words)


def _new_id(name: str, matcher: Matcher, decided: Decided) -> str:
    text = Text(f"file name of {name}", name, file_name_words(name))
    return make_map(decided.replacements(text, matcher.matches(text))).apply(name)


def _speakers(transcript: Transcript, made: OffsetMap, words: Callable[[str, str], str]) -> dict[str, str]:
    """Return the new name of each speaker: as the label reads in the new text, and else by its words."""
    found: dict[str, str] = {}
    new = made.apply(transcript.text)
    end = 0
    for turn in transcript.turns:
        at = transcript.text.rfind(turn.speaker, end, turn.start) if turn.speaker else -1
        if at >= 0:
            start, stop = made.span(at, at + len(turn.speaker))
            found.setdefault(turn.speaker, " ".join(new[start:stop].split()))
        elif turn.speaker:
            found.setdefault(turn.speaker, words(turn.speaker, transcript.id))
        end = turn.end
    return found


def _key(made: Rewriting, decided: Decided) -> list[KeyRow]:
    rows: list[KeyRow] = []
    for name, transcript in sorted(made.transcripts.items()):
        new = made.ids[name]
        rows += rows_of_text(new, transcript.text, made.maps[name])
        rows += [KeyRow("file name", new, 0, len(new), new, name)] if new != name else []
        changed = ((old, now) for old, now in made.speakers[name].items() if old != now)
        rows += [KeyRow("speaker", new, 0, len(now), now, old) for old, now in changed]
    for row in decided.rows.values():
        if row.replaced:
            rows.append(KeyRow("any", made.ids.get(row.transcript, ""), 0, 0, row.pseudonym, row.replaced))
    return rows


def _back(texts: StudyTexts, rows: Sequence[KeyRow]) -> Rewriting:
    """Return what makes the originals of a copy's texts."""
    maps = maps_back(rows, {name: one.text for name, one in texts.transcripts.items()})
    ids = {name: name for name in texts.transcripts} | {
        r.transcript: r.original for r in rows if r.place == "file name"
    }
    ids = {name: ids[name] for name in texts.transcripts}
    words = _originals(rows)
    made = _made(texts, maps, ids, words)
    for row in rows:
        if row.place == "speaker" and row.transcript in made.speakers:
            made.speakers[row.transcript][row.pseudonym] = row.original
    return made


def _originals(rows: Sequence[KeyRow]) -> Callable[[str, str], str]:
    """Return what puts originals back where a pseudonym stands for one of them only."""
    pairs = {(row.pseudonym, row.original) for row in rows if row.place == "any"}
    count = Counter(pseudonym for pseudonym, _ in pairs)
    single = {pseudonym: original for pseudonym, original in pairs if count[pseudonym] == 1}
    either = "|".join(re.escape(name) for name in sorted(single, key=len, reverse=True)) or r"(?!)"
    pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
    return lambda cell, transcript: pattern.sub(lambda match: single[match[0]], cell)


def _write(
    study: Study, texts: StudyTexts, made: Rewriting, out: Path, pseudonyms: tuple[str, ...], listener: Listener
) -> Copied:
    """Write a study with everything replaced; the record of its files comes first, marked as not complete."""
    copy = Study(out.resolve())
    before = (
        read_record(copy.root / _record(study), Pseudonymised).files if (copy.root / _record(study)).exists() else {}
    )
    write_record(copy.root / _record(study), Pseudonymised(False, before, pseudonyms, restored=not pseudonyms))
    _write_settings(study, copy, made)
    roles = _new_roles(study, made)
    forms: dict[str, str] = {}  # by path: the format of the original
    written: list[Path] = []
    with listener.progress("Writing", len(texts.transcripts)) as advance:
        for name, source in ((name, texts.folders[name]) for name in sorted(texts.transcripts)):
            path = _write_transcript(
                study, source, copy.root / source.parent.relative_to(study.root), made, name, roles
            )
            forms[path.relative_to(copy.root).as_posix()] = source.suffix.lower()
            written.append(path)
            advance(1)
    written += list(_write_tables(study, texts, made, copy))
    write_speakers(copy.speakers, roles.rows)
    written.append(copy.speakers)
    files = {path.relative_to(copy.root).as_posix(): digest(path) for path in written}
    for gone in set(before) - set(files):
        (copy.root / gone).unlink(missing_ok=True)
    write_record(copy.root / _record(study), Pseudonymised(True, files, pseudonyms, restored=not pseudonyms))
    changed = tuple(path.rpartition("/")[2] for path, form in forms.items() if not path.endswith(form))
    places = sum(len(one.replacements) for one in made.maps.values())
    return Copied(copy.root, len(forms), places, sum(map(len, texts.codings.values())), changed)


def _record(study: Study) -> Path:
    return study.pseudonymised.relative_to(study.root)


def _write_settings(study: Study, copy: Study, made: Rewriting) -> None:
    params = (study.root / "configs" / "params.yaml").read_text(encoding="utf-8")
    write_text(copy.root / "configs" / "params.yaml", _without_names(params, study, made))
    codebook = yaml.safe_load((study.root / "configs" / "codebook.yaml").read_text(encoding="utf-8"))
    new = _in_prose(codebook, made)
    path = copy.root / "configs" / "codebook.yaml"
    if new == codebook:
        write_bytes(path, (study.root / "configs" / "codebook.yaml").read_bytes())
    else:
        write_text(path, yaml.safe_dump(new, allow_unicode=True, sort_keys=False, width=120))
    pipeline = study.root / "dvc.yaml"
    if pipeline.is_file():
        write_bytes(copy.root / "dvc.yaml", pipeline.read_bytes())
    new_study(copy.root)


def _in_prose(value: object, made: Rewriting, *, prose: bool = False) -> object:
    """Return part of a codebook with names replaced in what is written for people; ids stay."""
    if isinstance(value, dict):
        return {key: _in_prose(item, made, prose=key in _PROSE) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_prose(item, made, prose=prose) for item in value]
    return made.cell(value, "") if prose and isinstance(value, str) else value


def _patterns(study: Study, made: Rewriting) -> dict[str, str]:
    """Return the patterns of roles that name a speaker who is called otherwise now."""
    roles = study.params.study.roles
    renamed = {
        old.casefold(): new for speakers in made.speakers.values() for old, new in speakers.items() if old != new
    }
    every = (*roles.participant, *roles.interviewer, *roles.other)
    return {pattern: renamed[pattern.casefold()] for pattern in every if pattern.casefold() in renamed}


def _without_names(params: str, study: Study, made: Rewriting) -> str:
    """Return the text of params with the speakers under ``roles`` renamed."""
    renamed = _patterns(study, made)
    either = "|".join(re.escape(name) for name in sorted(renamed, key=len, reverse=True)) or r"(?!)"
    pattern = re.compile(rf"(['\"]?)(?<!\w)({either})(?!\w)\1")
    lines, inside = params.split("\n"), -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if re.match(r"\s+roles:", line):
            inside = indent
        elif line.strip() and indent <= inside:
            inside = -1
        if inside >= 0:
            lines[number] = pattern.sub(lambda match: f'"{renamed[match[2]]}"', line)
    return "\n".join(lines)


def _new_roles(study: Study, made: Rewriting) -> StudyRoles:
    """Return who speaks in the copy, for reading its transcripts back."""
    renamed = _patterns(study, made)
    old = study.params.study.roles
    update = {
        name: tuple(renamed.get(pattern, pattern) for pattern in getattr(old, name))
        for name in ("participant", "interviewer", "other")
    }
    patterns = old.model_copy(update=update)
    rows = []
    for row in study.roles.rows:
        name = made.find(row.transcript)
        speaker = made.speakers[name].get(row.speaker, row.speaker) if name else row.speaker
        rows.append(SpeakerRow(made.ids.get(name, row.transcript), speaker, row.role, row.pseudonym, row.number))
    return StudyRoles(patterns, (*rows, *_roles_of_renamed(made, patterns, rows)))


def _roles_of_renamed(made: Rewriting, patterns: RoleParams, rows: Sequence[SpeakerRow]) -> Iterator[SpeakerRow]:
    """Yield a row for each renamed speaker whose role does not follow from the new name, so that the role stays."""
    confirmed = {(key(row.transcript), key(row.speaker)) for row in rows}
    for name, new in made.new.items():
        renamed = {now for old, now in made.speakers[name].items() if old != now}
        for speaker, role in dict.fromkeys((turn.speaker, turn.role) for turn in new.turns if turn.speaker in renamed):
            told = "other" if is_numbered(speaker) else find_role(speaker, patterns) or "other"
            if told != role and (key(new.id), key(speaker)) not in confirmed:
                yield SpeakerRow(new.id, speaker, role)


def _write_transcript(study: Study, source: Path, folder: Path, made: Rewriting, name: str, roles: StudyRoles) -> Path:
    """Write a transcript in the first format in which it reads back the same, its own one first."""
    new = made.new[name]
    for suffix, data in _forms(source, made, name, roles, mark=bool(study.params.study.given_encodings)):
        path = folder / f"{new.id}{suffix}"
        write_bytes(path, data)
        if _reads_as(path, new, roles, study.params.study.given_encodings):
            return path
        path.unlink()
    remedy = "Export it as plain text, one line for each turn, and pseudonymise again."
    raise BadInputError("cannot be written with its turns", where=source.name, remedy=remedy)


def _forms(source: Path, made: Rewriting, name: str, roles: StudyRoles, *, mark: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the formats to try, each with the file: nothing is in them that is not in the canonical text."""
    new, suffix = made.new[name], source.suffix.lower()
    before = codecs.BOM_UTF8 if mark else b""
    if suffix in (".txt", ".md"):
        yield suffix, _marked(before, encode(new.text))
    elif suffix == ".docx":
        yield suffix, docx_bytes(Project(new.id, None, {new.id: new}), new.id)
    elif suffix in (".vtt", ".srt"):
        raw = decode(source.read_bytes(), source.name)
        old = made.transcripts[name]
        yield suffix, _marked(before, rewrite_captions(raw, old.text, made.maps[name], made.speakers[name]).encode())
    yield ".txt", _marked(before, encode(new.text))
    yield ".json", dump_transcript(new, roles.patterns)


def _marked(mark: bytes, data: bytes) -> bytes:
    return data if data.startswith(codecs.BOM_UTF8) else mark + data


def _reads_as(path: Path, wanted: Transcript, roles: StudyRoles, encodings: Mapping[str, str]) -> bool:
    try:
        found = read_transcript(path, roles, encodings)
    except BadInputError:
        return False
    return (found.text, found.turns) == (wanted.text, wanted.turns)


def _write_tables(study: Study, texts: StudyTexts, made: Rewriting, copy: Study) -> Iterator[Path]:
    for source, codings in texts.codings.items():
        path = (copy.root / source.relative_to(study.root)).with_suffix(".csv")
        write_codings(path, map(made.coding, codings))
        yield path
    for source, rows in texts.tables.items():
        if source == study.speakers:
            continue  # written from the roles
        path = copy.root / source.relative_to(study.root)
        header, *others = made.rows(rows) if rows else [[]]
        write_rows(path, header, others)
        yield path

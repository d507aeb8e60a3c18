"""Checks of the installation and the study, and the proof that no data of a study leave the machine."""

import importlib.metadata
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import comb
from comb.errors import CombError, NotReadyError
from comb.privacy.doctor.of_study import Examined, study_findings, this_computer
from comb.privacy.doctor.of_trial import limits, trial_findings
from comb.privacy.doctor.records import Finding, PrivacyReport
from comb.privacy.doctor.trial import run_trial
from comb.stages.listener import Listener
from comb.study.layout import Study

INSTALLATION, STUDY = "Installation", "Your study"
DISTRIBUTION = "comb-coder"
_AGAIN = "Delete it, then: dvc repro."


@dataclass(frozen=True)
class Checkup:
    """The state of the installation and the study, and what to do next."""

    findings: tuple[Finding, ...]
    next: str

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that have to be fixed."""
        return tuple(finding for finding in self.findings if finding.state == "problem")


def check_privacy(
    study: Study | None, listener: Listener, *, namespace: bool = True, names: bool = False
) -> PrivacyReport:
    """Run the trial, and check the study if there is one.

    Without ``namespace``, only the hook cuts off the network. With ``names``, file names and full paths are shown.
    """
    with listener.status("Testing comb without a network") as step:
        trial = run_trial(study, step, namespace=namespace, names=names)
    findings = list(trial_findings(trial))
    if study is not None:
        findings += study_findings(Examined(study, this_computer(), names))
    return PrivacyReport(
        comb=comb.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}",
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        trial=trial,
        findings=tuple(findings),
        limits=limits(trial),
    )


def check_up(study: Study | None) -> Checkup:
    """Check the installation, and the study if there is one."""
    findings = list(_installation())
    if study is None:
        return Checkup(tuple(findings), "comb init DIR, to make a study; or change to the folder of one")
    findings += [finding for look in _LOOKS if (finding := _looked(study, *look))]
    return Checkup(tuple(findings), _next(study, findings))


def _installation() -> Iterator[Finding]:
    what = f"comb {comb.__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    yield Finding(INSTALLATION, "ok", what)
    missing = _missing("")
    if missing:
        what = f"packages that comb needs are not installed: {', '.join(missing)}"
        yield Finding(INSTALLATION, "problem", what, f"pip install {DISTRIBUTION}")
    if _missing("train"):
        what = "the extra 'train' is not installed: encoders cannot be prepared or fine-tuned here"
        yield Finding(INSTALLATION, "note", what, f'pip install "{DISTRIBUTION}[train]"')
    scripts = str(Path(sys.executable).parent)
    absent = [name for name in ("comb", "dvc") if not shutil.which(name)]
    if absent:
        what = f"not on the PATH: {', '.join(absent)}; dvc repro needs it there"
        yield Finding(INSTALLATION, "problem", what, f"Activate comb's environment, or add to PATH: {scripts}")


def _missing(extra: str) -> list[str]:
    """List the packages that comb declares and that are not installed, of the base or of an extra."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    wanted = [line for line in requirements if (f'extra == "{extra}"' in line if extra else "extra ==" not in line)]
    return [name for name in map(_name, wanted) if not _is_installed(name)]


def _name(requirement: str) -> str:
    name = requirement.split(";")[0]
    for sign in "[(~=<>!":
        name = name.split(sign)[0]
    return name.strip()


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _looked(study: Study, name: str, look: Callable[[Study], str], remedy: str) -> Finding | None:
    """Check one part of a study; None if it does not exist yet."""
    try:
        said = look(study)
    except NotReadyError:
        return None
    except CombError as error:
        return Finding(STUDY, "problem", f"{name}: {error}", details=error.details)
    except Exception as error:  # whatever a library makes of a damaged file; its message might quote the file
        return Finding(STUDY, "problem", f"{name}: damaged ({type(error).__name__})", remedy)
    return Finding(STUDY, "ok", f"{name}: {said}") if said else None


def _params(study: Study) -> str:
    level = study.params.train.level or "the deepest"
    return f"valid; {len(study.codebook.codes_at(study.params.train.level))} codes at level {level}"


def _transcripts(study: Study) -> str:
    from comb.codings.codings_csv import joined
    from comb.transcripts.reader import read_folder

    counts = []
    for folder in (study.raw, study.new):
        found, errors = read_folder(folder, study.roles.unconfirmed, study.params.study.given_encodings)
        if errors:
            raise joined(errors)
        counts.append(len(found))
    return f"{counts[0]} to train on, {counts[1]} new" if any(counts) else ""


def _codings(study: Study) -> str:
    from comb.codings.codings_csv import read_codings
    from comb.study.files import read_transcripts

    read = read_codings(study.codings, read_transcripts(study.transcripts), study.codebook)
    coders = len({coding.coder for coding in read.codings})
    return f"{len(read.codings)} of {coders} coder{'s' * (coders != 1)}" if read.codings else ""


def _encoder(study: Study) -> str:
    from comb.stages.loading import encoder_id, load_encoder

    load_encoder(study).encode(["a sentence"])
    return f"{encoder_id(study)}, works"


def _model(study: Study) -> str:
    from comb.learning.artifact import read_model
    from comb.stages.loading import encoder_id

    model = read_model(study.head, encoder_id(study))
    return f"{model.id}, at level {model.level}, works with this encoder"


def _review(study: Study) -> str:
    if not study.review.exists():
        return ""
    with closing(sqlite3.connect(f"{study.review.resolve().as_uri()}?mode=ro", uri=True)) as database:
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError
    return "sound"


_BACKUP = "Keep the file, and restore a backup; exported codings are in data/codings."
_LOOKS: tuple[tuple[str, Callable[[Study], str], str], ...] = (
    ("params and codebook", _params, "Compare with those of a new study: comb init DIR."),
    ("transcripts", _transcripts, _AGAIN),
    ("codings", _codings, _AGAIN),
    ("encoder", _encoder, "Run: comb encoder."),
    ("model", _model, _AGAIN),
    ("review database", _review, _BACKUP),
)


def _next(study: Study, findings: list[Finding]) -> str:
    """Return what to do next, one thing."""
    if any(finding.state == "problem" for finding in findings):
        return "fix the problems marked above, then: comb doctor"
    if not any(study.raw.glob("*")):
        return "comb import FILE..., to bring coded transcripts and their codings"
    if not any(study.codings.glob("*.csv")):
        return "comb review, to code; or comb import FILE..., to bring codings"
    if not study.head.exists():
        return "comb speakers, then: dvc repro"
    if not any(study.new.glob("*")):
        return "comb import --new FILE, for transcripts to be coded, or: comb suggest FILE"
    return "comb review, to decide on suggestions; comb next, to see what to code"

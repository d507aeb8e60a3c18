"""Records of the trial run, and of findings on the study, the computer and the settings."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem", "unknown"]
"""``note`` is for a person to judge; ``unknown`` means that comb could not find out."""
Watch = Literal["namespace", "hook"]
"""How the network was cut off: a network namespace of Linux, or an audit hook in every Python process."""


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    topic: str
    state: State
    text: str
    remedy: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One command of the trial run."""

    name: str
    done: bool
    seconds: float
    said_words: bool = False
    """Whether its messages contained words of the interview."""
    ending: str = ""
    """Why it did not finish."""


@dataclass(frozen=True)
class Attempt:
    """One address that a program tried to reach."""

    step: str
    process: str
    where: str
    """Host and port, or the host name that was looked up."""
    by: str = ""
    """The Python module that tried; empty if only the network saw it."""


@dataclass(frozen=True)
class Written:
    """A file outside the study that is new or changed after the trial run, or that was written and removed."""

    place: str
    process: str
    words: bool
    """Whether it contains words of the interview."""
    names: bool
    """Whether it contains names of transcripts."""
    left: bool
    """Whether it is still there."""


@dataclass(frozen=True)
class Trial:
    """The trial run with the synthetic interview."""

    watch: Watch
    why: str
    """Why no network namespace was used; empty if there was one."""
    control: bool
    """Whether the watch noticed the attempt that comb made on purpose."""
    steps: tuple[Step, ...]
    attempts: tuple[Attempt, ...]
    listened: tuple[str, ...]
    """Addresses that other machines could have reached."""
    programs: tuple[str, ...]
    """Programs other than Python that were started."""
    within: tuple[str, ...]
    """The commands of comb that ran, including those within ``dvc repro``."""
    processes: int
    """Python processes that were watched."""
    written: tuple[Written, ...]
    others: int
    """Number of other files that changed meanwhile, without words of the interview: other programs write there too."""
    unlisted: tuple[str, ...] = ()
    """Places with too many files to compare them all."""


@dataclass(frozen=True)
class PrivacyReport:
    """All findings of ``comb doctor --privacy``."""

    comb: str
    python: str
    system: str
    date: str
    """Day and time in UTC."""
    trial: Trial
    findings: tuple[Finding, ...]
    limits: tuple[str, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Findings that have to be corrected."""
        return tuple(finding for finding in self.findings if finding.state == "problem")

"""What the trial run saw, and what is found of the study, the computer and the settings."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem", "unknown"]
"""``note`` is for a person to judge; ``unknown`` means that comb could not tell."""
Watch = Literal["namespace", "hook"]
"""How the network was cut off: a network namespace of Linux, or an audit hook in every Python process."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and how it stands."""

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
    """Whether its messages held words of the interview."""
    ending: str = ""
    """Why it is not done."""


@dataclass(frozen=True)
class Attempt:
    """One address that something tried to reach."""

    step: str
    process: str
    where: str
    """Host and port, or the host name that was looked up."""
    by: str = ""
    """The Python module that tried; empty if only the network saw it."""


@dataclass(frozen=True)
class Written:
    """One file outside the study that is new or changed after the trial run, or that was written and removed."""

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
    """Why no network namespace was used; empty if one was."""
    control: bool
    """Whether the watch noticed the attempt that comb made on purpose."""
    steps: tuple[Step, ...]
    attempts: tuple[Attempt, ...]
    listened: tuple[str, ...]
    """Addresses that other machines could have reached."""
    programs: tuple[str, ...]
    """Programs other than Python that were started."""
    within: tuple[str, ...]
    """The commands of comb that ran, also within ``dvc repro``."""
    processes: int
    """Python processes that were watched."""
    written: tuple[Written, ...]
    others: int
    """Files elsewhere that changed meanwhile without words of the interview: other programs write there too."""
    unlisted: tuple[str, ...] = ()
    """Places with so many files that not all were compared."""


@dataclass(frozen=True)
class PrivacyReport:
    """All that ``comb doctor --privacy`` found."""

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
        """What has to be corrected."""
        return tuple(finding for finding in self.findings if finding.state == "problem")

"""Findings of the trial run, in sentences."""

from collections.abc import Iterator, Sequence

from comb.privacy.doctor.records import Attempt, Finding, State, Trial, Written

TRIAL, NETWORK, OUTSIDE = "The trial run", "Network", "Files outside the study"
_MOST = 20
"""Details that are listed of a finding."""


def trial_findings(trial: Trial) -> Iterator[Finding]:
    """Yield the findings on the trial run itself, the network, and the files outside the study."""
    yield _watch(trial)
    yield from _steps(trial)
    yield from _network(trial)
    yield from _outside(trial.written)
    yield from _elsewhere(trial)
    yield _messages(trial)


def _watch(trial: Trial) -> Finding:
    how = (
        "in a network of its own without a way out (a network namespace of Linux), in which every packet was read"
        if trial.watch == "namespace"
        else f"with every connection of Python programs noted and refused (no network namespace: {trial.why})"
    )
    if not trial.control:
        what = f"The trial ran {how}; but an attempt that comb made on purpose was not noticed"
        return Finding(NETWORK, "problem", f"{what}: this test proves nothing.", "Tell the makers of comb.")
    what = (
        f"The trial ran {how}. An attempt that comb made on purpose, to an address that belongs to nobody, was noticed."
    )
    return Finding(NETWORK, "ok", what)


def _steps(trial: Trial) -> Iterator[Finding]:
    done = [step.name for step in trial.steps if step.done]
    failed = [f"{step.name}: {step.ending}" for step in trial.steps if not step.done]
    yield Finding(
        TRIAL, "ok" if done else "problem", f"Done without a network: {len(done)} of {len(trial.steps)} commands.",
        details=tuple(done),
    )  # fmt: skip
    inside = [name for name in trial.within if not any(step.name.startswith(name) for step in trial.steps)]
    if inside:
        yield Finding(TRIAL, "ok", f"Commands that ran within dvc repro: {', '.join(inside)}.")
    if failed:
        remedy = "Fix what the last line of each says, and run this again."
        yield Finding(TRIAL, "problem", "Not tested, because they failed:", remedy, tuple(failed))
    if not any(step.name == "dvc repro" for step in trial.steps):
        remedy = 'Run dvc repro in your study first, or: pip install "comb-coder[train]".'
        yield Finding(TRIAL, "problem", "Not tested: everything that needs an encoder, as there is none here.", remedy)


def _network(trial: Trial) -> Iterator[Finding]:
    if trial.attempts:
        remedy = "Do not work with confidential transcripts on this installation; tell the makers of comb."
        what = f"Connections that were tried: {len(trial.attempts)}. None got through."
        yield Finding(NETWORK, "problem", what, remedy, _shortened([_attempt(item) for item in trial.attempts]))
    else:
        yield Finding(NETWORK, "ok", "Nothing tried to reach another machine, and no host name was looked up.")
    if trial.listened:
        what = "comb listened where other machines could have reached it:"
        yield Finding(NETWORK, "problem", what, "Tell the makers of comb.", trial.listened)
    elif any(step.name == "comb review" and step.done for step in trial.steps):
        yield Finding(NETWORK, "ok", "The review page answered, and to this computer only.")
    if trial.watch == "hook" and trial.programs:
        what = "Programs other than Python were started, whose connections could not be watched:"
        yield Finding(NETWORK, "note", what, details=trial.programs)


def _attempt(attempt: Attempt) -> str:
    by = f", by {attempt.by}" if attempt.by else ", by code that is not Python"
    process = "" if attempt.process == "not known" else f" ({attempt.process}{by})"
    return f"{attempt.where}, during {attempt.step}{process or by}"


def _outside(written: Sequence[Written]) -> Iterator[Finding]:
    kinds: tuple[tuple[State, str, str, list[Written]], ...] = (
        (
            "problem",
            "Files with words of the interview were left outside the study",
            "Do not work with confidential transcripts on this installation; tell the makers of comb.",
            [item for item in written if item.words],
        ),
        (
            "problem",
            "Files with names of transcripts were left outside the study",
            "Do not let file names tell who took part; tell the makers of comb.",
            [item for item in written if item.names and not item.words],
        ),
        (
            "note",
            "Files with neither words nor names were left outside the study",
            "",
            [item for item in written if item.left and not item.words and not item.names],
        ),
        (
            "note",
            "Files were written outside the study and removed again",
            "",
            [item for item in written if not item.left],
        ),
    )
    if not any(item.words or item.names for item in written):
        what = "After the trial, no file outside the study contained words of the interview or names of transcripts."
        yield Finding(OUTSIDE, "ok", what)
    for state, what, remedy, items in kinds:
        if items:
            lines = _shortened([_written(item) for item in items])
            yield Finding(OUTSIDE, state, f"{what}: {len(items)}", remedy, lines)


def _elsewhere(trial: Trial) -> Iterator[Finding]:
    if trial.others:
        what = (
            f"Other files that changed in your home folder, temporary folders and caches: {trial.others}. None "
            "contains words of the interview or names of transcripts; other programs write there too."
        )
        yield Finding(OUTSIDE, "ok", what)
    if trial.unlisted:
        what = "There are too many files to compare all of them, in:"
        yield Finding(OUTSIDE, "unknown", what, details=trial.unlisted)


def _written(item: Written) -> str:
    return item.place if item.process == "not known" else f"{item.place} ({item.process})"


def _messages(trial: Trial) -> Finding:
    said = tuple(step.name for step in trial.steps if step.said_words)
    if said:
        return Finding(TRIAL, "problem", "Messages of commands contained words of the interview:", "Tell us.", said)
    return Finding(TRIAL, "ok", "No message of a command contained words of the interview.")


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - _MOST
    return (*lines[:_MOST], f"and {more} more") if more > 0 else tuple(lines)


def limits(trial: Trial) -> tuple[str, ...]:
    """Return sentences on what the test does not cover."""
    weaker = (
        "The network was cut off for Python code only. Connections that compiled code opens by itself, and those of "
        "programs other than Python or of Python started so that it ignores its environment, were neither noticed nor "
        "stopped. Run the test on Linux where network namespaces are allowed to have them covered.",
        "Files that compiled code writes and removes again are not noticed.",
    )
    stronger = (
        "Services of the system that are asked through a local socket file, such as a resolver of host names or a "
        "message bus, run outside the cut-off network; a program could ask one of them.",
        "Files that compiled code writes and removes again are not noticed.",
    )
    return (
        "The trial used a made-up interview in a folder and a home folder of its own. It shows what this version of "
        "comb does on this computer, not what it did earlier, nor what another version does.",
        *(weaker if trial.watch == "hook" else stronger),
        "Words are searched for as plain text. Compressed or encrypted files are not searched, nor files of more than "
        "64 MB, nor places beyond the home folder, temporary folders and caches.",
        "Not part of the trial: installing comb; fetching a model (encoder.download); fine-tuning; a local language "
        "model as a coder; importing files of other programs; a team's server and its database.",
        "The browser that shows the review page, its extensions, spelling and translation services, the word processor "
        "in which you open exported files, backups, virus scanners and search indexes are not comb and are not tested.",
        "Whether people may see the screen, have a copy, or know a password is not tested.",
    )

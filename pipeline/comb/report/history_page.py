"""The history of a study as sentences, table and page: changes from run to run, and whether they may be chance."""

from comb.evaluation.results import Estimate
from comb.evaluation.runs import FEWEST, Change, History, Run
from comb.report import page
from comb.report.html_report import inlined

RUNS = ("run", "date", "name", "transcripts", "kappa", "macro-F1", "people", "codes")
CHANGES = ("from", "to", "in both", "kappa", "macro-F1", "better?")
_VERDICTS = {"better": "yes", "worse": "no, worse", "unknown": "unclear"}


def run_rows(history: History) -> list[list[str]]:
    """Return a row of ``RUNS`` for each run."""
    return [
        [
            str(run.number),
            run.at[:10],
            run.note,
            str(run.protocol.transcripts),
            *(_figure(run, name) for name in ("cohen_kappa", "macro_f1")),
            _written(run.summary.get("human_cohen_kappa"), None, None, ""),
            f"{run.summary['codes_suggested']:.0f} of {run.summary['codes']:.0f}",
        ]
        for run in history.runs
    ]


def change_rows(history: History) -> list[list[str]]:
    """Return a row of ``CHANGES`` for each comparison."""
    found = [*history.changes, *([history.whole] if history.whole else [])]
    return [
        [
            str(change.before),
            str(change.after),
            str(change.transcripts),
            *(
                _spread(value) if value else "–"
                for value in ((change.lead.cohen_kappa, change.lead.macro_f1) if change.lead else (None, None))
            ),
            _VERDICTS[change.verdict],
        ]
        for change in found
    ]


def sentences(history: History) -> list[str]:
    """Return sentences on the last run's changes and, with more than two runs, on those since the first one."""
    runs = {run.number: run for run in history.runs}
    found = [*history.changes[-1:], *([history.whole] if history.whole else [])]
    if not found:
        return ["There is one run so far. Code more, run dvc repro, and look again."]
    return [line for change in found for line in _sentences(change, runs[change.before], runs[change.after])]


def _sentences(change: Change, before: Run, after: Run) -> list[str]:
    more = after.protocol.transcripts - before.protocol.transcripts
    added = f" ({abs(more)} {'more' if more > 0 else 'fewer'} coded transcript{'s' * (abs(more) != 1)})" if more else ""
    found = [f"Run {change.after} compared with run {change.before}{added}: {_verdict(change)}"]
    if change.recoded:
        what = f"Transcripts in both runs whose codings were changed in between: {change.recoded}"
        found.append(f"{what}. Each run is measured against the codings of its time.")
    if change.settings:
        found.append(f"These settings changed too: {', '.join(change.settings)}. Any of them may be the reason.")
    return found


def _verdict(change: Change) -> str:
    """Return in words what the paired difference of kappa shows, and no more."""
    if change.lead is None:
        return f"they cannot be compared, because {change.why_not}. Whether a difference is chance is unclear."
    kappa = change.lead.cohen_kappa
    if kappa.value is None:
        return "kappa cannot be computed on the transcripts in both runs."
    if (kappa.value, kappa.low, kappa.high) == (0, 0, 0):
        return f"kappa is the same on the {change.transcripts} transcripts in both runs."
    where = f"on the same {change.transcripts} transcripts, kappa changed by {_spread(kappa)}"
    if change.verdict == "better":
        return f"it agrees better with your codings: {where}; the 95% interval excludes 0."
    if change.verdict == "worse":
        return f"it agrees less with your codings: {where}; the 95% interval excludes 0."
    if change.groups < FEWEST:
        return f"it is unclear whether it is better: {where}, and with fewer than {FEWEST} that may be chance."
    return f"it is unclear whether it is better: {where}; the 95% interval includes 0."


def _figure(run: Run, name: str) -> str:
    value, low, high = (run.summary.get(f"{name}{side}") for side in ("", "_low", "_high"))
    return _written(value, low, high, "")


def _spread(found: Estimate) -> str:
    return _written(found.value, found.low, found.high, "+")


def _written(value: float | None, low: float | None, high: float | None, sign: str) -> str:
    if value is None:
        return "–"
    return f"{value:{sign}.2f}" + (
        f" [{low:{sign}.2f}, {high:{sign}.2f}]" if low is not None and high is not None else ""
    )


def render_history(history: History, svg: bytes) -> str:
    """Return the page, with the picture ``svg``."""
    from markupsafe import Markup

    return page.render(
        "history.html.j2",
        page.part("base.css"),
        runs=(RUNS, run_rows(history)),
        changes=(CHANGES, change_rows(history)),
        sentences=sentences(history),
        picture=Markup(inlined(svg)),  # noqa: S704  (drawn here, texts escaped by matplotlib)
    )

"""The page for an ethics board: the test of comb's confidentiality, its date, and what it does not cover."""

from comb.privacy.doctor.records import Finding, PrivacyReport
from comb.report import page

VERDICTS = {"ok": "in order", "note": "to be judged", "problem": "problem", "unknown": "could not tell"}


def render_privacy(report: PrivacyReport, *, of_study: bool) -> str:
    """Return the page; ``of_study`` is True if a study was examined, and not only the program."""
    topics: dict[str, list[Finding]] = {}
    for finding in report.findings:
        topics.setdefault(finding.topic, []).append(finding)
    return page.render(
        "privacy.html.j2",
        page.part("base.css") + page.part("privacy.css"),
        report=report,
        topics=topics,
        of_study=of_study,
        verdicts=VERDICTS,
        unknown=sum(finding.state == "unknown" for finding in report.findings),
        minutes=round(sum(step.seconds for step in report.trial.steps) / 60, 1),
    )

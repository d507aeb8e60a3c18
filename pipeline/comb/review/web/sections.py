"""The workspace's sections, as in the navigation, in the order of the work."""

from dataclasses import dataclass

from comb.review.domain.views import Person


@dataclass(frozen=True)
class Section:
    """A page in the navigation."""

    path: str
    name: str
    template: str
    leads_only: bool = False

    def open_to(self, who: Person) -> bool:
        """Whether a person may see it."""
        return who.lead or not self.leads_only


SECTIONS = (
    Section("/", "Transcripts", "queue.html"),
    Section("/add", "Add files", "add.html", leads_only=True),
    Section("/codebook", "Codebook", "codebook.html"),
    Section("/search", "Search", "search.html"),
    Section("/overview", "Overview", "overview.html"),
    Section("/train", "Train", "train.html"),
    Section("/report", "Report", "report.html", leads_only=True),
    Section("/pseudonyms", "Pseudonyms", "pseudonyms.html", leads_only=True),
    Section("/team", "Team", "team.html", leads_only=True),
)

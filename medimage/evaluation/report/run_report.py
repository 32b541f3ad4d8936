"""The report of a run, as an artifact."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunReport:
    """One self-contained page, and what lies beside it for machines.

    Attributes:
        html: The page; it needs no other file and no network.
        documents: Further documents of the run: name of the file → its text.
    """

    html: str
    documents: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "</html>" not in self.html:
            raise ValueError("Expected a whole HTML page but its end is missing")

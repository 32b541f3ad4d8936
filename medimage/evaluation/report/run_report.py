"""The report of a run, as an artifact."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RunReport:
    """One self-contained page.

    Attributes:
        html: The page; it needs no other file and no network.
    """

    html: str

    def __post_init__(self) -> None:
        if "</html>" not in self.html:
            raise ValueError("Expected a whole HTML page but its end is missing")

"""Reporting guidelines as data: which items there are, and what of a run answers each."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Self

import yaml

GUIDELINES: Final = ("claim_2024.yaml", "tripod_ai_2024.yaml", "gmlp_2021.yaml")
"""Files beside this module, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item, or principle, of a guideline.

    Attributes:
        number: Its number in the guideline, such as `12a`.
        topic: What the guideline calls its topic.
        subject: What is asked for, in our own words.
        facts: Names of the facts of a run that answer it.
        authors: Keys of the section `dossier` of the configuration that answer what a run cannot know.
    """

    number: str
    topic: str
    subject: str
    facts: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.number and self.topic and self.subject):
            raise ValueError(f"Expected number, topic and subject but got {self}")
        if not (self.facts or self.authors):
            raise ValueError(f"Expected facts or statements of authors that answer item {self.number} but got none")


@dataclass(frozen=True, kw_only=True)
class Guideline:
    """A guideline.

    Attributes:
        name: Short name, such as `CLAIM`.
        title: What it is.
        citation: Where it was published.
        unit: What its items are called: `item` or `principle`.
        items: All of them, in its order.
    """

    name: str
    title: str
    citation: str
    unit: str
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        numbers = [item.number for item in self.items]
        if len(set(numbers)) != len(numbers):
            raise ValueError(f"Expected each item of {self.name} once but some numbers repeat")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from the content of its file."""
        items = tuple(
            Item(**{**item, "facts": tuple(item.get("facts", ())), "authors": tuple(item.get("authors", ()))})
            for item in values["items"]
        )
        return cls(**{**values, "items": items})


@cache
def guidelines() -> tuple[Guideline, ...]:
    """Returns all guidelines."""
    folder = files("medimage.dossier")
    return tuple(Guideline.from_dict(yaml.safe_load(folder.joinpath(name).read_text("utf-8"))) for name in GUIDELINES)

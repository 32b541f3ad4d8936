"""What a run and its authors say to an item of a guideline, and what nobody has said yet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from medimage.config.dossier import DossierConfig
from medimage.dossier.fact import Fact
from medimage.dossier.guideline import Item


class State(StrEnum):
    """How far an item is answered."""

    ANSWERED = "answered"
    IN_PART = "in part"
    BLANK = "blank"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An item with everything that is said to it.

    Attributes:
        item: The item.
        facts: What was worked out from the run.
        statements: Key of the section `dossier` → what the authors state.
        blanks: Keys of that section that would answer it and are empty.
        unknown: Names of facts that would answer it and that this run has not.
    """

    item: Item
    facts: tuple[Fact, ...] = ()
    statements: Mapping[str, str]
    blanks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """`answered` where nothing is missing, `in part` where something is, `blank` where everything is."""
        if not self.facts and not self.statements:
            return State.BLANK
        # A fact that a run has not, such as subgroups without metadata, is a gap as well as a statement that lacks.
        return State.IN_PART if self.blanks or self.unknown else State.ANSWERED

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "number": self.item.number,
            "topic": self.item.topic,
            "subject": self.item.subject,
            "state": self.state.value,
            "facts": [asdict(fact) for fact in self.facts],
            "statements": dict(self.statements),
            "to_be_stated_by_the_authors": list(self.blanks),
            "not_known_of_this_run": list(self.unknown),
        }


def answer(item: Item, *, facts: Mapping[str, Fact], statements: DossierConfig) -> Answer:
    """Returns what is said to an item.

    Args:
        item: The item.
        facts: What the run knows of itself, by name.
        statements: What the authors state.

    Raises:
        AttributeError: If an item names a key that the section `dossier` has not.
    """
    stated = {key: str(getattr(statements, key)).strip() for key in item.authors}
    return Answer(
        item=item,
        facts=tuple(facts[name] for name in item.facts if name in facts),
        statements={key: text for key, text in stated.items() if text},
        blanks=tuple(key for key, text in stated.items() if not text),
        unknown=tuple(name for name in item.facts if name not in facts),
    )

"""The dossier of a run: its card, and what it answers of the guidelines."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from medimage.dossier.answer import Answer, State, answer
from medimage.dossier.facts_of_data import facts_of_data
from medimage.dossier.facts_of_results import facts_of_results
from medimage.dossier.facts_of_training import facts_of_training
from medimage.dossier.guideline import Guideline, guidelines
from medimage.dossier.run_card import RunCard, run_card
from medimage.dossier.run_record import RunRecord
from medimage.evidence.canonical_json import canonical_bytes
from medimage.registry.provenance import Provenance

CARD_FILE: Final = "card.json"
DOSSIER_FILE: Final = "dossier.json"


@dataclass(frozen=True, kw_only=True)
class AnsweredGuideline:
    """A guideline with an answer to each of its items.

    Attributes:
        guideline: The guideline.
        answers: One of each item, in its order.
    """

    guideline: Guideline
    answers: tuple[Answer, ...]

    def count(self, state: State) -> int:
        """Returns how many items are answered so far."""
        return Counter(each.state for each in self.answers)[state]

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "name": self.guideline.name,
            "title": self.guideline.title,
            "citation": self.guideline.citation,
            "counts": {state.value: self.count(state) for state in State},
            "items": [each.to_dict() for each in self.answers],
        }


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What a reader must know of a run.

    Attributes:
        card: The card.
        guidelines: What it answers of each guideline.
    """

    card: RunCard
    guidelines: tuple[AnsweredGuideline, ...]

    def documents(self) -> dict[str, str]:
        """Returns what lies beside the report for machines: name of the file → its text."""
        answered = {"guidelines": [each.to_dict() for each in self.guidelines]}
        return {
            CARD_FILE: canonical_bytes(self.card.to_dict()).decode("ascii"),
            DOSSIER_FILE: canonical_bytes(answered).decode("ascii"),
        }


def dossier_of(record: RunRecord, *, name: str, provenance: Provenance) -> Dossier:
    """Makes the dossier of a run.

    Args:
        record: The run.
        name: Name under which the model is, or would be, registered.
        provenance: Hashes of what it came from.
    """
    facts = {**facts_of_data(record), **facts_of_training(record), **facts_of_results(record)}
    return Dossier(
        card=run_card(record, name=name, provenance=provenance),
        guidelines=tuple(
            AnsweredGuideline(
                guideline=guideline,
                answers=tuple(answer(item, facts=facts, statements=record.config.dossier) for item in guideline.items),
            )
            for guideline in guidelines()
        ),
    )

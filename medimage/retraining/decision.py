"""Whether a champion is trained again, and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from medimage.config.retraining import RetrainingConfig
from medimage.markdown_table import markdown_table
from medimage.registry.champion_change import Author
from medimage.retraining.evidence import RetrainingEvidence
from medimage.retraining.reason import Reason, ReasonName
from medimage.retraining.weigh import weigh_reasons
from medimage.wording import counted, listed


class RetrainingVerdict(StrEnum):
    """What is decided."""

    RETRAIN = "retrain"
    NOT_DUE = "not_due"
    NOTHING_TO_LEARN = "nothing_to_learn"
    TRIED_BEFORE = "tried_before"


@dataclass(frozen=True, kw_only=True)
class RetrainingDecision:
    """What is decided of a champion.

    Attributes:
        champion: Name and number of the version, in words.
        verdict: What is decided.
        reasons: Everything that was looked at, with its numbers.
        sentence: Why, in words.
        key: What the retraining is known by; see `AttemptIdentity`.
        unseen: Labelled images that may be trained on and that the champion has not seen.
        notes: What else a person should know, in sentences.
    """

    champion: str
    verdict: RetrainingVerdict
    reasons: tuple[Reason, ...]
    sentence: str
    key: str = ""
    unseen: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.holding) == (self.verdict is RetrainingVerdict.NOT_DUE):
            raise ValueError(f"Expected {self.verdict} to go with its reasons but {len(self.holding)} hold")

    @property
    def holding(self) -> tuple[Reason, ...]:
        """The reasons that hold."""
        return tuple(reason for reason in self.reasons if reason.holds)

    @property
    def is_yes(self) -> bool:
        """Whether the champion is trained again."""
        return self.verdict is RetrainingVerdict.RETRAIN

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "champion": self.champion,
            "verdict": self.verdict.value,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "sentence": self.sentence,
            "key": self.key,
            "unseen": self.unseen,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the decision from what `to_dict` gave."""
        return cls(
            **{
                **values,
                "verdict": RetrainingVerdict(values["verdict"]),
                "reasons": tuple(Reason.from_dict(each) for each in values["reasons"]),
                "notes": tuple(values["notes"]),
            }
        )

    def to_markdown(self) -> str:
        """Returns a page: the verdict, then all that was looked at."""
        rows = [
            (each.name.value.replace("_", " "), "yes" if each.holds else "", each.sentence) for each in self.reasons
        ]
        notes = [line for note in self.notes for line in (note, "")]
        table = markdown_table(("reason", "holds", "found"), rows)
        return "\n".join([f"# {self.verdict.value.replace('_', ' ')}", "", self.sentence, "", *notes, *table, ""])


def decide(
    evidence: RetrainingEvidence, config: RetrainingConfig, *, key: str, force: Author | None = None
) -> RetrainingDecision:
    """Decides whether a champion is trained again.

    One reason is enough. Where training would only repeat what was done, a reason does not help: the same model would
    come of it, or, with a few images more than in an earlier attempt, one that is hardly another and wears the test set
    out. Who forces it overrules that as well.

    Args:
        evidence: What is known.
        config: The thresholds.
        key: What the retraining is known by.
        force: Who asks for it whatever the rest says, and why; None where nobody does.
    """
    reasons = weigh_reasons(evidence, config, force=force)
    unseen = sum(evidence.unseen.values())
    named = listed([_words(reason) for reason in reasons if reason.holds])
    champion = evidence.champion
    if not named:
        verdict, sentence = RetrainingVerdict.NOT_DUE, f"{champion} is not trained again: no reason holds."
    elif force is None and evidence.repeats_training:
        verdict = RetrainingVerdict.NOTHING_TO_LEARN
        sentence = (
            f"{champion} would be trained again because of {named}, but there is nothing to learn from: images and "
            "configuration are those that it was trained with, and the same model would come of them. Bring labelled "
            "images with --new-data FOLDER or to where the data lie, or change the recipe."
        )
    elif force is None and (attempt := evidence.attempt) is not None and unseen - attempt.unseen < config.new_images:
        verdict = RetrainingVerdict.TRIED_BEFORE
        sentence = (
            f"{champion} would be trained again because of {named}, but that was done on {attempt.made[:10]} with the "
            f"same configuration: {attempt.sentence} Since then {counted(max(0, unseen - attempt.unseen), 'image')} "
            f"came; from {config.new_images} on, or with another recipe, it is tried again."
        )
    else:
        verdict, sentence = RetrainingVerdict.RETRAIN, f"{champion} is trained again because of {named}."
    return RetrainingDecision(
        champion=champion,
        verdict=verdict,
        reasons=reasons,
        sentence=sentence,
        key=key,
        unseen=unseen,
        notes=_notes(evidence),
    )


def _words(reason: Reason) -> str:
    words = {
        ReasonName.NEW_IMAGES: "new labelled images",
        ReasonName.AGE: "its age",
        ReasonName.PERFORMANCE: "its performance in use",
        ReasonName.FORCED: "a person's order",
    }
    return words.get(reason.name, reason.name.value)


def _notes(evidence: RetrainingEvidence) -> tuple[str, ...]:
    notes = []
    if evidence.lost:
        notes.append(
            f"{evidence.lost} images that {evidence.champion} was trained or validated on are not among the data now, "
            "so a new model learns without them: keep new images where the data lie, or in one folder that grows."
        )
    if not evidence.same_configuration:
        notes.append(
            f"The configuration is not the one that {evidence.champion} was trained with: the new model differs in "
            "more than its images."
        )
    return tuple(notes)

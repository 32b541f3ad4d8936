"""What is known of the true classes of answers, and who says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.feedback_log.reader import latest_feedback


@dataclass(frozen=True, kw_only=True)
class Judgements:
    """True classes of answers.

    Attributes:
        source: Who says so: people of answers that they saw, or a table of classes.
        said: The true classes of each answer of a window, by its name; None for none of the model's. There are several
            where people differ.
        unmatched: Answers with a judgement that are not in the window.
    """

    source: Literal["feedback", "labels"]
    said: Mapping[str, frozenset[str | None]]
    unmatched: int

    @classmethod
    def of_feedback(cls, feedback: Iterable[LoggedFeedback], *, answered: Mapping[str, str]) -> Self:
        """Returns what people said.

        Args:
            feedback: Rows of the feedback log.
            answered: The label that was answered, by the name of the answer; the answers of the window.
        """
        said: dict[str, frozenset[str | None]] = {}
        unmatched = set[str]()
        for row in latest_feedback(feedback):
            label = answered.get(row.prediction_id)
            if label is None:
                unmatched.add(row.prediction_id)
            else:
                one = frozenset({label if row.agrees else row.label})
                said[row.prediction_id] = said.get(row.prediction_id, frozenset()) | one
        return cls(source="feedback", said=said, unmatched=len(unmatched))

    @classmethod
    def of_labels(cls, said: Mapping[str, frozenset[str | None]], *, answered: Mapping[str, str]) -> Self:
        """Returns what a table says.

        Args:
            said: The true classes of answers, by the name of the answer.
            answered: As in `of_feedback`.
        """
        inside = {name: found for name, found in said.items() if name in answered}
        return cls(source="labels", said=inside, unmatched=len(said) - len(inside))

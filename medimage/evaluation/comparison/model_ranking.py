"""Registered models beside each other on the same images, the best first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from medimage.evaluation.comparison.judged_model import JudgedModel
from medimage.evaluation.comparison.paired import PairedDifference, paired_difference
from medimage.evaluation.comparison.ranking import recommend
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport


@dataclass(frozen=True, kw_only=True)
class GraphFacts:
    """What is known of a registered model's graph.

    Attributes:
        name: Registered model and version, in words.
        sha256: SHA-256 of the graph.
        parameters: Weights in it.
    """

    name: str
    sha256: str
    parameters: int

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the facts from what `to_dict` gave."""
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class ModelRanking:
    """A ranking of registered models with its recommendation.

    Attributes:
        ranking: Models that were judged, by falling mean sensitivity on the images that all were judged on.
        failures: Models that could not be judged → why.
        recommended: Model to use; None where none passed.
        reason: Why this one, or why none.
        seen: Models that have been judged on these images by now, these included.
        offered: Images that were to be judged on.
        common: Images among them that every model was judged on.
    """

    ranking: tuple[JudgedModel, ...]
    failures: Mapping[str, str]
    recommended: str | None
    reason: str
    seen: int
    offered: int
    common: int

    def __post_init__(self) -> None:
        by_name = {result.name: result for result in self.ranking}
        if self.recommended is not None and not (self.recommended in by_name and by_name[self.recommended].passed):
            raise ValueError(f"Expected a model that passed the gate to be recommended but got {self.recommended}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **vars(self),
            "ranking": [result.to_dict() for result in self.ranking],
            "failures": dict(self.failures),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the ranking from what `to_dict` gave, also after a trip through JSON."""
        return cls(**{**values, "ranking": tuple(JudgedModel.from_dict(result) for result in values["ranking"])})


def rank_models(
    models: Sequence[GraphFacts],
    evaluations: Sequence[Evaluation],
    gate_reports: Sequence[GateReport],
    *,
    failures: Mapping[str, str],
    seen: int,
    offered: int,
    resamples: int,
    seed: int,
) -> ModelRanking:
    """Ranks registered models and recommends one that passed, by the rules of `recommend`.

    Models may have been judged on different images, as each leaves out what it has seen. They are ranked and compared
    on those that all were judged on; where there is none, each is ranked by its own, and none is compared.

    Args:
        models: The models.
        evaluations: What was measured of each.
        gate_reports: The verdict on each.
        failures: Models that could not be judged → why.
        seen: Models that have been judged on these images by now, these included.
        offered: Images that were to be judged on.
        resamples: Bootstrap resamples of the paired differences.
        seed: Seed of their draws.

    Raises:
        ValueError: If no model was judged, or not all on images of the same classes. A model may know classes that the
            images have none of.
    """
    if not models:
        raise ValueError("Expected at least one model that was judged but got none")
    common = set.intersection(*(set(evaluation.test.image_ids) for evaluation in evaluations))
    shared = [
        replace(evaluation, test=evaluation.test.on(common)) if common else evaluation for evaluation in evaluations
    ]
    order = sorted(range(len(models)), key=lambda place: (-mean_sensitivity(shared[place]), models[place].name))
    best = order[0]

    def behind(place: int) -> PairedDifference | None:
        if place == best or not common:
            return None
        return paired_difference(shared[best], shared[place], resamples=resamples, seed=seed)

    ranking = tuple(
        JudgedModel.of(
            models[place].name,
            network=models[place].sha256,
            parameters=models[place].parameters,
            evaluation=evaluations[place],
            gate_report=gate_reports[place],
            offered=offered,
            behind=behind(place),
        )
        for place in order
    )
    recommended, reason = recommend(ranking)
    return ModelRanking(
        ranking=ranking,
        failures=dict(failures),
        recommended=recommended,
        reason=reason,
        # The ledger counts models that were judged on just the same images, and each leaves out others.
        seen=max(seen, len({model.sha256 for model in models})),
        offered=offered,
        common=len(common),
    )


def mean_sensitivity(evaluation: Evaluation) -> float:
    """Returns the mean sensitivity over the classes that have images."""
    right = evaluation.probabilities().argmax(axis=1) == evaluation.test.labels
    labels = evaluation.test.labels
    return float(np.mean([right[labels == index].mean() for index in np.unique(labels)]))

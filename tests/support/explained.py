"""Explanations that no network made."""

from dataclasses import replace

import numpy as np

from medimage.config.evaluation import MethodName
from medimage.data.box import Box
from medimage.evaluation.explanation.areas import MEASURES, Areas
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import CaseKind, CaseMap, ExplainedCase, Explanation
from medimage.evaluation.metrics.estimate import Estimate

NO_MAPS = Explanation(
    cases=(),
    methods=(ExplainedMethod(name="grad_cam", missing_because="<no> places"),),
    missing_because="Grad-CAM: <no> places",
)


def estimate(value: float, *, half: float = 0.05, n: int = 4) -> Estimate:
    """Returns an estimate with an interval of a width."""
    return Estimate(value=value, low=value - half, high=value + half, n=n, groups=n, method="made up")


def method(
    name: MethodName = "grad_cam", *, advantage: float = 0.1, hits: float | None = 0.75, agreement: float = 0.1
) -> ExplainedMethod:
    """Returns a method with the same advantage by each measure."""
    return ExplainedMethod(
        name=name,
        layer="the last feature map",
        advantages={measure: estimate(advantage) for measure in MEASURES},
        hit_rate=None if hits is None else estimate(hits),
        random_hit_rate=None if hits is None else 0.1,
        agreement={"head": estimate(agreement), "whole": estimate(0.05)},
    )


def case(
    number: int,
    *,
    methods: tuple[MethodName, ...] = ("grad_cam",),
    true_class: str = "a",
    predicted: str = "b",
    kind: CaseKind = "wrong",
    lesions: tuple[Box, ...] = (Box(left=1, top=2, right=5, bottom=6),),
    side: int = 8,
) -> ExplainedCase:
    """Returns a noisy image with a diagonal map by each method."""
    heat_map = np.where(np.eye(side, dtype=bool), 255, 0).astype(np.uint8)
    return ExplainedCase(
        image_id=str(number),
        kind=kind,
        true_class=true_class,
        predicted_class=predicted,
        probability=0.75,
        pixels=np.random.default_rng(number).integers(0, 256, (side, side, 1), dtype=np.uint8),
        lesions=lesions,
        maps={
            name: CaseMap(
                heat_map=heat_map,
                areas=Areas(deletion=0.25, insertion=0.5, road=0.2),
                random_areas=Areas(deletion=0.3, insertion=0.4, road=0.35),
                hit=bool(number % 2) if lesions else None,
            )
            for name in methods
        },
    )


def backwards(of: Explanation) -> Explanation:
    """Returns the same with the methods in the opposite order."""
    cases = tuple(replace(case, maps=dict(reversed(list(case.maps.items())))) for case in of.cases)
    return replace(of, cases=cases, methods=of.methods[::-1])


def explanation(*, predicted: str = "b", true_class: str = "a", cases: int = 2) -> Explanation:
    """Returns one with maps by two methods and without by a third."""
    names: tuple[MethodName, ...] = ("grad_cam", "integrated_gradients")
    return Explanation(
        cases=tuple(case(number, methods=names, predicted=predicted, true_class=true_class) for number in range(cases)),
        methods=(
            method("grad_cam"),
            ExplainedMethod(name="attention_rollout", missing_because="it is no transformer"),
            method("integrated_gradients", advantage=0.02, agreement=0.9),
        ),
    )

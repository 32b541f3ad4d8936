"""Every figure of a subgroup against that of all other images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.subgroups.contrast import Contrast
from medimage.evaluation.subgroups.gap import Figure, Gap
from medimage.evaluation.subgroups.rate import Rate


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What a model said about images.

    Attributes:
        labels: Index of the true class of each image, shape [images].
        predicted: Index of the class it was taken for, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        classes: Class names.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    groups: NDArray[np.int64]
    classes: tuple[str, ...]


def compare_levels(
    answers: Answers, levels: NDArray[np.int64], *, count: int, config: EvaluationConfig
) -> list[list[Gap]]:
    """Compares each level with all others: sensitivity and specificity of each class, and the balanced accuracy.

    Accuracy is not compared: it differs between levels whose classes are mixed otherwise, even where every class is
    recognised alike. So does a plain specificity of one class among several; here every other class counts inside as
    outside, with its share of the images of both (direct standardisation: Fleiss, Levin and Paik 2003, Statistical
    Methods for Rates and Proportions, section 19.4). Whether there are enough cases is decided without looking at the
    answers, so that it biases no p-value. Of two levels, the second has the gaps of the first with the opposite sign;
    of two classes, the specificity of one is the sensitivity of the other, and is not compared again.

    Args:
        answers: What the model said.
        levels: Level of each image as an integer from 0; -1 where it is not stated.
        count: Number of levels.
        config: Confidence level, interval of a rate, and cases needed.

    Returns:
        The gaps of each level, p-values not yet adjusted; none where there are fewer than two levels.
    """
    if count < 2:
        return [[] for _ in range(count)]
    stated = levels >= 0
    sides = [(levels == level, stated & (levels != level)) for level in range(count)]
    gaps = [
        _Sides(answers=answers, inside=inside, outside=outside, config=config).gaps()
        for inside, outside in (sides[:1] if count == 2 else sides)
    ]
    return [gaps[0], [gap.mirrored() for gap in gaps[0]]] if count == 2 else gaps


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sides:
    """The images of a level, and those of all others.

    Attributes:
        answers: What the model said.
        inside: Whether each image is of the level, shape [images].
        outside: Whether each image is of another one, shape [images].
        config: Confidence level, interval of a rate, and cases needed.
    """

    answers: Answers
    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    config: EvaluationConfig

    def gaps(self) -> list[Gap]:
        """Compares every figure."""
        names = self.answers.classes
        classes = range(len(names))
        gaps = [self._compare("sensitivity", names[asked], {asked: asked}, {asked: 1.0}) for asked in classes]
        if len(names) > 2:
            for asked in classes:
                others = [true for true in classes if true != asked and self._on_both_sides(true)]
                images = {true: float(self._of(true).sum()) for true in others}
                gaps.append(self._compare("specificity", names[asked], dict.fromkeys(others, asked), images))
        gaps.append(
            self._compare("balanced_accuracy", "", {each: each for each in classes}, dict.fromkeys(classes, 1.0))
        )
        return gaps

    def _compare(self, figure: Figure, of_class: str, asked: dict[int, int], weights: dict[int, float]) -> Gap:
        """Compares a weighted mean over true classes.

        Args:
            figure: What the mean is.
            of_class: The class it is of.
            asked: True class → class that is asked for.
            weights: True class → its weight, in any unit.
        """
        # A mean of sensitivities is no better known than that of its rarest class.
        sets = [[true] for true in asked] if figure == "balanced_accuracy" else [[*asked]]
        inside, outside = (min(self._cases(side, among) for among in sets) for side in (self.inside, self.outside))
        if min(inside, outside) < self.config.subgroups.minimum_cases:
            what = {
                "sensitivity": f"cases of {of_class}",
                "specificity": f"cases that are not {of_class}",
                "balanced_accuracy": "cases of the rarest class",
            }[figure]
            reason = (
                f"{inside} {what} inside and {outside} outside, and {self.config.subgroups.minimum_cases} are needed "
                "on either side"
            )
            return self._gap(figure, of_class, None, inside=inside, outside=outside, reason=reason)
        total = sum(weights.values())
        contrast = Contrast(
            inside=tuple(self._rate(self.inside, true, asked[true]) for true in asked),
            outside=tuple(self._rate(self.outside, true, asked[true]) for true in asked),
            weights=tuple(weights[true] / total for true in asked),
        )
        return self._gap(figure, of_class, contrast, inside=inside, outside=outside, reason="")

    def _gap(
        self, figure: Figure, of_class: str, contrast: Contrast | None, *, inside: int, outside: int, reason: str
    ) -> Gap:
        if contrast is None:
            return Gap(
                figure=figure, of_class=of_class, inside=math.nan, outside=math.nan,
                difference=Estimate.undefined(reason, n=inside + outside, groups=0),
                cases_inside=inside, cases_outside=outside, p_value=math.nan, adjusted=math.nan,
            )  # fmt: skip
        low, high = contrast.limits(self.config.confidence)
        rates = (*contrast.inside, *contrast.outside)
        return Gap(
            figure=figure,
            of_class=of_class,
            inside=contrast.value_inside,
            outside=contrast.value_outside,
            difference=Estimate(
                value=contrast.value,
                low=low,
                high=high,
                n=sum(rate.images for rate in rates),
                groups=len(np.unique(np.concatenate([rate.groups for rate in rates]))),
                method="MOVER",
            ),
            cases_inside=inside,
            cases_outside=outside,
            p_value=contrast.p_value(),
            adjusted=math.nan,
        )

    def _rate(self, side: NDArray[np.bool_], true: int, asked: int) -> Rate:
        chosen = side & (self.answers.labels == true)
        said = self.answers.predicted[chosen] == asked
        return Rate.of(said if true == asked else ~said, self.answers.groups[chosen], interval=self.config.interval)

    def _of(self, true: int) -> NDArray[np.bool_]:
        return (self.inside | self.outside) & (self.answers.labels == true)

    def _on_both_sides(self, true: int) -> bool:
        return all(self._cases(side, [true]) for side in (self.inside, self.outside))

    def _cases(self, side: NDArray[np.bool_], among: Sequence[int]) -> int:
        return len(np.unique(self.answers.groups[side & np.isin(self.answers.labels, among)]))

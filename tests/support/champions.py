"""Comparisons with a champion, made up for the tests of gate and report."""

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.comparison.measure_differences import measure_differences

CLASSES = ("covid", "normal", "tb")


def comparison_of(
    *, images: int = 900, candidate_wrong: int = 0, champion_wrong: int = 0, from_row: int = 0, candidates: int = 2
) -> ChampionComparison:
    """Compares a candidate that is wrong on the first images with a champion that is wrong on images from a row on."""
    labels = np.arange(images) % 3
    answers = np.stack([labels, labels])
    answers[0, :candidate_wrong] = (labels[:candidate_wrong] + 1) % 3
    rows = slice(from_row, from_row + champion_wrong)
    answers[1, rows] = (labels[rows] + 1) % 3
    challenger, champion = 0.1 + 0.7 * np.eye(3)[answers]
    return ChampionComparison(
        status=ChampionStatus.COMPARED,
        name="lung",
        version=3,
        differences=measure_differences(
            challenger=challenger,
            champion=champion,
            labels=labels,
            groups=tuple(map(str, range(images))),
            classes=CLASSES,
            config=EvaluationConfig(bootstrap_resamples=300),
            seed=0,
        ),
        candidates=candidates,
        confidence=0.95,
    )


def impossible_comparison(reason: str = "the champion has seen 3 of the test images") -> ChampionComparison:
    """Returns a comparison with a champion that was trained on test images."""
    return ChampionComparison(
        status=ChampionStatus.SEEN_IMAGES, reason=reason, name="lung", version=3, candidates=2, seen_images=3,
        confidence=0.95,
    )  # fmt: skip

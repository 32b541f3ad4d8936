"""The audit of subgroups: every value of every kind of metadata, measured and compared."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_metadata import ImageLevels, levels_of_images
from medimage.data.image_table import ImageTable
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.measurement import measure
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.predictions import Predictions
from medimage.evaluation.shortcuts.association import estimate_association
from medimage.evaluation.subgroups.compare import Answers
from medimage.evaluation.subgroups.flag import Levels, compare_and_flag
from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.level_order import in_order
from medimage.evaluation.subgroups.subgroup_audit import Subgroup, SubgroupAudit, SubgroupColumn
from medimage.wording import counted


def audit_subgroups(
    evaluation: Evaluation, images: ImageTable, config: EvaluationConfig, *, seed: int
) -> SubgroupAudit:
    """Measures the subgroups of the test images, and compares each with all others.

    Args:
        evaluation: The predictions, with their temperature.
        images: Knows the metadata of each image.
        config: Confidence level, intervals and resamples; which subgroups, and how many cases they need.
        seed: Seed of the bootstrap.

    Raises:
        DataError: If a test image is not in the table.
    """
    metadata = levels_of_images(images, evaluation.test.image_ids)
    if config.subgroups.columns != "all":
        # An origin may be asked for that no image has: that is told, too.
        unknown = ImageLevels(levels=("",) * len(evaluation.test), contradictions=0)
        metadata = {name: metadata.get(name, unknown) for name in config.subgroups.columns}
    return measure_subgroups(
        probabilities=evaluation.probabilities(),
        test=evaluation.test,
        whole=evaluation.metrics,
        metadata=metadata,
        config=config,
        seed=seed,
    )


def measure_subgroups(
    *,
    probabilities: NDArray[np.float64],
    test: Predictions,
    whole: Metrics,
    metadata: Mapping[str, ImageLevels],
    config: EvaluationConfig,
    seed: int,
) -> SubgroupAudit:
    """Measures subgroups by levels that are known.

    Args:
        probabilities: Calibrated probabilities of the test images, shape [images, classes].
        test: Their labels and groups.
        whole: Metrics of all of them.
        metadata: Name → level of each image.
        config: As for `audit_subgroups`.
        seed: Seed of the bootstrap.
    """
    answers = Answers(
        labels=test.labels,
        predicted=probabilities.argmax(axis=1),
        groups=group_codes(test.groups),
        classes=test.classes,
    )

    columns = {name: _levels(found, config) for name, found in metadata.items()}
    gaps = compare_and_flag(answers, columns, config)

    def subgroup(level: str, chosen: NDArray[np.bool_], own: tuple[Gap, ...]) -> Subgroup:
        rows = np.flatnonzero(chosen)
        labels = test.labels[rows]
        judged = JudgedImages.of(
            probabilities=probabilities[rows],
            labels=labels,
            groups=tuple(test.groups[row] for row in rows.tolist()),
            classes=test.classes,
            config=config,
        )
        return Subgroup(
            level=level,
            images=len(rows),
            cases=len(np.unique(answers.groups[rows])),
            class_images={name: int((labels == index).sum()) for index, name in enumerate(test.classes)},
            metrics=measure(judged, seed=seed),
            gaps=own,
        )

    def column(name: str, found: ImageLevels) -> SubgroupColumn:
        names, codes = columns[name].names, columns[name].codes
        different = len({level for level in found.levels if level})
        reason = _why_not_measured(different, config)
        if len(names) == 1:
            reason = f"all images that state it have the same, {names[0]}"
        return SubgroupColumn(
            name=name,
            images=len(codes),
            stated=sum(bool(level) for level in found.levels),
            contradictions=found.contradictions,
            levels_found=different,
            subgroups=tuple(subgroup(level, codes == place, gaps[name][place]) for place, level in enumerate(names)),
            not_stated=subgroup("", codes < 0, ()) if names and (codes < 0).any() else None,
            association=_association(answers, columns[name]),
            is_class=_is_class(answers, columns[name]),
            reason=reason,
        )

    return SubgroupAudit(
        columns=tuple(column(name, found) for name, found in metadata.items()),
        classes=test.classes,
        whole=whole,
        confidence=config.confidence,
        minimum_cases=config.subgroups.minimum_cases,
        false_alarm=config.subgroups.false_alarm,
    )


def _levels(found: ImageLevels, config: EvaluationConfig) -> Levels:
    """Returns the levels in the order of their names; none of them where they are too many to be measured."""
    names = tuple(in_order({level for level in found.levels if level}))
    if len(names) > config.subgroups.maximum_levels:
        names = ()
    places = {level: place for place, level in enumerate(names)}
    return Levels(names=names, codes=np.asarray([places.get(level, -1) for level in found.levels], dtype=np.int64))


def _why_not_measured(levels: int, config: EvaluationConfig) -> str:
    most = config.subgroups.maximum_levels
    if levels == 0:
        return "no test image states it"
    if levels > most:
        return (
            f"it has {counted(levels, 'different value')} among the test images, more than the {most} that are "
            "measured: give bands in data.metadata, name a coarser column, or raise evaluation.subgroups.maximum_levels"
        )
    return ""


def _association(answers: Answers, column: Levels) -> Estimate:
    """Estimates Cramér's V over cases; one with images of several classes or levels counts in each."""
    codes, count = column.codes, len(column.names)
    stated = codes >= 0
    cases = len(np.unique(answers.groups[stated]))
    if count < 2:
        return Estimate.undefined("fewer than two values are stated", n=int(stated.sum()), groups=cases)
    pairs = np.unique(np.column_stack([answers.groups, answers.labels, codes])[stated], axis=0)
    table = np.zeros((len(answers.classes), count), dtype=np.int64)
    np.add.at(table, (pairs[:, 1], pairs[:, 2]), 1)
    return estimate_association(table)


def _is_class(answers: Answers, column: Levels) -> bool:
    codes, count = column.codes, len(column.names)
    stated = codes >= 0
    pairs = np.unique(np.column_stack([answers.labels, codes])[stated], axis=0)
    return count > 1 and len(pairs) == count and len(np.unique(pairs[:, 0])) > 1

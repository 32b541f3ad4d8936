import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score
from statsmodels.stats.proportion import confint_proportions_2indep

from medimage.config.evaluation import EvaluationConfig
from medimage.config.subgroups import SubgroupConfig
from medimage.evaluation.subgroups.compare import Answers, compare_levels
from medimage.evaluation.subgroups.gap import Gap
from tests.support.simulated_subgroups import simulated_answers

CONFUSION = np.array([[0.8, 0.15, 0.05], [0.05, 0.9, 0.05], [0.1, 0.2, 0.7]])
SHARES = {"site": np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.3, 0.4, 0.3]])}


def config(minimum_cases: int = 20) -> EvaluationConfig:
    return EvaluationConfig(interval="wilson", subgroups=SubgroupConfig(minimum_cases=minimum_cases))


def drawn(seed: int = 0, *, cases: int = 900, images_per_case: int = 1) -> tuple[Answers, np.ndarray]:
    answers, levels = simulated_answers(
        np.random.default_rng(seed),
        cases=cases,
        images_per_case=images_per_case,
        confusion=CONFUSION,
        shares=SHARES,
        correlation=0.5,
    )
    return answers, levels["site"]


def find(gaps: list[Gap], figure: str, of_class: str = "") -> Gap:
    return next(gap for gap in gaps if (gap.figure, gap.of_class) == (figure, of_class))


def test_what_is_compared_is_what_scikit_learn_measures_inside_and_outside() -> None:
    answers, levels = drawn()
    levels[:50] = -1
    for level, gaps in enumerate(compare_levels(answers, levels, count=3, config=config())):
        sides = (levels == level, (levels >= 0) & (levels != level))
        recalls = [
            recall_score(answers.labels[side], answers.predicted[side], average=None, labels=[0, 1, 2])
            for side in sides
        ]
        for index, name in enumerate(answers.classes):
            gap = find(gaps, "sensitivity", name)
            assert (gap.inside, gap.outside) == pytest.approx((recalls[0][index], recalls[1][index]))
            assert gap.difference.value == pytest.approx(recalls[0][index] - recalls[1][index])
            cases = [int((answers.labels[side] == index).sum()) for side in sides]
            assert [gap.cases_inside, gap.cases_outside] == cases
            counts = [round(recall[index] * n) for recall, n in zip(recalls, cases, strict=True)]
            expected = confint_proportions_2indep(counts[0], cases[0], counts[1], cases[1], method="newcomb")
            assert (gap.difference.low, gap.difference.high) == pytest.approx(expected)
        gap = find(gaps, "balanced_accuracy")
        expected = [balanced_accuracy_score(answers.labels[side], answers.predicted[side]) for side in sides]
        assert (gap.inside, gap.outside) == pytest.approx(tuple(expected))


def test_in_a_specificity_every_other_class_has_the_same_weight_inside_as_outside() -> None:
    answers, levels = drawn()
    gap = find(compare_levels(answers, levels, count=3, config=config())[0], "specificity", "normal")
    shares = np.bincount(answers.labels, minlength=3)[[0, 2]]
    expected = []
    for side in (levels == 0, levels != 0):
        counts = confusion_matrix(answers.labels[side], answers.predicted[side], labels=[0, 1, 2])
        right = 1 - counts[[0, 2], 1] / counts[[0, 2]].sum(axis=1)
        expected.append(right @ shares / shares.sum())
    assert (gap.inside, gap.outside) == pytest.approx(tuple(expected))


def test_classes_that_are_mixed_otherwise_make_no_gap_in_specificity() -> None:
    labels = np.repeat([0, 0, 2, 2], [160, 40, 40, 160])
    levels = np.repeat([0, 1, 0, 1], [160, 40, 40, 160])
    # Of each ten tb images two are taken for normal, of covid none, at either site.
    predicted = np.where((labels == 2) & (np.arange(400) % 5 == 0), 1, labels)
    answers = Answers(labels=labels, predicted=predicted, groups=np.arange(400), classes=("covid", "normal", "tb"))
    gap = find(compare_levels(answers, levels, count=2, config=config())[0], "specificity", "normal")
    plain = [np.mean(predicted[levels == level] != 1) for level in (0, 1)]
    assert plain[0] - plain[1] == pytest.approx(0.12)
    assert gap.difference.value == pytest.approx(0.0)


def test_of_two_levels_the_second_is_the_first_from_the_other_side() -> None:
    answers, levels = drawn()
    first, second = compare_levels(answers, np.minimum(levels, 1), count=2, config=config())
    alone = compare_levels(answers, 1 - np.minimum(levels, 1), count=2, config=config())[0]
    for gap, mirrored, computed in zip(first, second, alone, strict=True):
        assert gap.mirrored() == mirrored
        assert mirrored.difference.value == pytest.approx(computed.difference.value)
        assert (mirrored.difference.low, mirrored.inside) == pytest.approx((computed.difference.low, computed.inside))
        assert mirrored.p_value == pytest.approx(computed.p_value, rel=1e-4)


def test_of_two_classes_specificity_is_not_compared_again() -> None:
    answers = Answers(
        labels=np.arange(200) % 2, predicted=np.zeros(200, np.int64), groups=np.arange(200), classes=("a", "b")
    )
    gaps = compare_levels(answers, np.arange(200) // 100, count=2, config=config())[0]
    assert [(gap.figure, gap.of_class) for gap in gaps] == [
        ("sensitivity", "a"), ("sensitivity", "b"), ("balanced_accuracy", ""),
    ]  # fmt: skip


def test_patients_and_not_images_are_counted_as_cases() -> None:
    answers, levels = drawn(cases=90, images_per_case=10)
    gaps = compare_levels(answers, levels, count=3, config=config())[0]
    cases = {name: find(gaps, "sensitivity", name).cases_inside for name in answers.classes}
    for index, name in enumerate(answers.classes):
        own = (answers.labels == index) & (levels == 0)
        assert cases[name] == own.sum() / 10
        assert find(gaps, "sensitivity", name).is_compared == (cases[name] >= 20)
    rarest = find(gaps, "balanced_accuracy")
    assert rarest.cases_inside == min(cases.values())
    assert not rarest.is_compared
    assert f"{rarest.cases_inside} cases of the rarest class inside" in rarest.difference.reason


def test_a_subgroup_of_one_image_is_never_compared() -> None:
    answers, levels = drawn()
    levels[:] = 0
    levels[0] = 1
    answers.predicted[0] = (answers.labels[0] + 1) % 3
    for gaps in compare_levels(answers, levels, count=2, config=config(minimum_cases=2)):
        assert not any(gap.is_compared for gap in gaps)
        assert all(math.isnan(gap.p_value) for gap in gaps)


def test_a_level_that_lacks_a_class_is_compared_in_the_others() -> None:
    answers, levels = drawn()
    levels[(levels == 0) & (answers.labels == 2)] = 1
    gaps = compare_levels(answers, levels, count=3, config=config())[0]
    assert find(gaps, "sensitivity", "tb").difference.reason.startswith("0 cases of tb inside")
    assert not find(gaps, "balanced_accuracy").is_compared
    assert find(gaps, "sensitivity", "covid").is_compared
    # Without tb inside, only covid tells how specific normal is.
    specificity = find(gaps, "specificity", "normal")
    covid = (answers.labels == 0) & (levels == 0)
    assert specificity.inside == pytest.approx(np.mean(answers.predicted[covid] != 1))


def test_metadata_that_are_the_class_leave_nothing_to_compare() -> None:
    answers, _ = drawn()
    for gaps in compare_levels(answers, answers.labels, count=3, config=config()):
        assert not any(gap.is_compared for gap in gaps)


def test_one_level_has_nothing_to_be_compared_with() -> None:
    answers, levels = drawn()
    assert compare_levels(answers, np.zeros_like(levels), count=1, config=config()) == [[]]
    assert compare_levels(answers, np.full_like(levels, -1), count=0, config=config()) == []

import math

import numpy as np
import pytest
from scipy.special import softmax

from medimage.evaluation.decision.fit_abstention import fit_abstention
from medimage.evaluation.decision.validation_scores import ValidationScores

CLASSES = ("a", "b", "c")


def drawn(generator: np.random.Generator, *, images: int, per_group: int = 1, skill: float = 2.0) -> ValidationScores:
    """Probabilities of a model, images of a group sharing half of the noise and the class."""
    groups = np.arange(images) // per_group
    labels = generator.integers(0, 3, size=groups[-1] + 1)[groups]
    shared = generator.normal(size=(groups[-1] + 1, 3))[groups]
    noise = (generator.normal(size=(images, 3)) + shared) / math.sqrt(2)
    logits = noise + skill * np.eye(3)[labels]
    return ValidationScores(probabilities=softmax(logits, axis=1), labels=labels, groups=groups, classes=CLASSES)


def error_among_answers(scores: ValidationScores, threshold: float) -> float:
    given = scores.probabilities.max(axis=1) >= threshold
    return float((scores.probabilities.argmax(axis=1) != scores.labels)[given].mean())


@pytest.mark.parametrize(("images", "per_group"), [(200, 1), (400, 4)])
def test_the_true_error_among_answers_is_rarely_above_the_target(images: int, per_group: int) -> None:
    """400 simulated validation sets; what is true is measured on 200,000 images."""
    truth = drawn(np.random.default_rng(0), images=200_000)
    exceeded = []
    for seed in range(400):
        validation = drawn(np.random.default_rng(seed + 1), images=images, per_group=per_group)
        rule = fit_abstention(validation, target_error=0.06, confidence=0.95, minimum_cases=20)
        exceeded.append(rule.threshold is not None and error_among_answers(truth, rule.threshold) > 0.06)
    # 5 % and three standard errors of the simulation.
    assert np.mean(exceeded) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_more_answers_are_given_where_the_model_is_better() -> None:
    thresholds = []
    for skill in (2.0, 2.6, 4.5):
        scores = drawn(np.random.default_rng(0), images=3000, skill=skill)
        rule = fit_abstention(scores, target_error=0.06, confidence=0.95, minimum_cases=20)
        assert rule.threshold is not None
        thresholds.append(rule.threshold)
    assert thresholds[0] > thresholds[1] > thresholds[2] == 0.0


def test_a_model_that_guesses_gets_no_threshold_and_the_reason() -> None:
    scores = drawn(np.random.default_rng(0), images=3000, skill=0.0)
    rule = fit_abstention(scores, target_error=0.05, confidence=0.95, minimum_cases=20)
    assert rule.threshold is None
    assert "even for the surest half of the answers, an error of more than 0.05" in rule.reason


def test_few_cases_get_no_threshold() -> None:
    scores = drawn(np.random.default_rng(0), images=95, per_group=5)
    rule = fit_abstention(scores, target_error=0.05, confidence=0.95, minimum_cases=20)
    assert (rule.threshold, rule.cases) == (None, 19)
    assert "19 independent validation cases, fewer than the 20" in rule.reason


def test_copies_of_every_image_do_not_make_the_rule_bolder() -> None:
    once = drawn(np.random.default_rng(3), images=120, skill=3.0)
    copied = ValidationScores(
        probabilities=np.repeat(once.probabilities, 10, axis=0),
        labels=np.repeat(once.labels, 10),
        groups=np.repeat(once.groups, 10),
        classes=CLASSES,
    )
    rules = [
        fit_abstention(scores, target_error=0.06, confidence=0.95, minimum_cases=20).threshold
        for scores in (once, copied)
    ]
    assert rules[0] is not None
    assert rules[1] is None or rules[1] >= rules[0]

"""Holds a candidate against the champion on the candidate's test images, where that is fair."""

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_table import ImageTable
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.comparison.measure_differences import measure_differences
from medimage.evaluation.evaluation import Evaluation
from medimage.registry.model_answers import open_classifier, predict_images, probabilities_of
from medimage.registry.registered_model import RegisteredModel
from medimage.wording import counted, listed

_WITHOUT = (
    "set gate.champion.comparison to show or off to go without the comparison, and say why where the model is used"
)


def compare_with_champion(
    evaluation: Evaluation,
    images: ImageTable,
    champion: RegisteredModel,
    *,
    config: EvaluationConfig,
    tolerance: float,
    seed: int,
) -> ChampionComparison:
    """Compares a candidate with the champion, or says why they cannot be compared.

    The champion answers on the encoded test images by the way that the service goes. It must have the same classes,
    and have been trained and validated on none of the images: a model that has seen them would win by remembering.

    Args:
        evaluation: The candidate.
        images: Holds the encoded test images.
        champion: The champion.
        config: Confidence level and resamples.
        tolerance: The champion is the candidate itself where no probability differs by more.
        seed: Seed of the bootstrap.

    Raises:
        RegistryError: If the champion's graph cannot be run here.
    """
    test, classifier = evaluation.test, open_classifier(champion)

    def outcome(status: ChampionStatus, reason: str, *, seen_images: int = 0) -> ChampionComparison:
        return ChampionComparison(
            status=status, reason=reason, name=champion.version.name, version=champion.version.version,
            candidates=evaluation.candidates, seen_images=seen_images, confidence=evaluation.confidence,
        )  # fmt: skip

    classes = classifier.metadata.classes
    if sorted(classes) != sorted(evaluation.classes):
        return outcome(
            ChampionStatus.OTHER_CLASSES,
            f"the champion, {champion.title}, answers with the classes {listed(classes)}, and this model with "
            f"{listed(evaluation.classes)}: give a model of other classes a registry.name of its own, or {_WITHOUT}.",
        )
    seen = frozenset[str]() if champion.images is None else champion.images.among(test.image_ids)
    if seen:
        return outcome(
            ChampionStatus.SEEN_IMAGES,
            f"the champion, {champion.title}, was trained or validated on {len(seen)} of the "
            f"{counted(len(test), 'test image')}, so it would win by remembering: judge on a test set that it has not "
            f"seen (the locked one that it was judged on, or a new one), or {_WITHOUT}.",
            seen_images=len(seen),
        )
    answers = probabilities_of(classifier, predict_images(classifier, images, test))
    own = evaluation.probabilities()
    if np.abs(own - answers).max() <= tolerance and np.array_equal(own.argmax(axis=1), answers.argmax(axis=1)):
        return outcome(
            ChampionStatus.SAME_MODEL, f"The champion, {champion.title}, is this very model: it answers the same."
        )
    if champion.images is None:
        return outcome(
            ChampionStatus.UNKNOWN_IMAGES,
            f"the champion, {champion.title}, was registered before the images that a model has seen were kept, so "
            f"nobody can tell whether it has seen the test images: {_WITHOUT}. The version that is registered then "
            "keeps them.",
        )
    return ChampionComparison(
        status=ChampionStatus.COMPARED,
        name=champion.version.name,
        version=champion.version.version,
        differences=measure_differences(
            challenger=own,
            champion=answers,
            labels=test.labels,
            groups=test.groups,
            classes=test.classes,
            config=config,
            seed=seed,
        ),
        candidates=evaluation.candidates,
        confidence=evaluation.confidence,
    )


def without_champion(evaluation: Evaluation, *, off: bool) -> ChampionComparison:
    """Returns the comparison where there is no other model in use, or it is not asked for.

    Args:
        evaluation: The candidate.
        off: Whether the comparison is not asked for.
    """
    status = ChampionStatus.OFF if off else ChampionStatus.NO_CHAMPION
    reason = (
        "The comparison with the champion is switched off (gate.champion.comparison)."
        if off
        else "No other model is registered as the champion, so there is none to compare with."
    )
    return ChampionComparison(
        status=status, reason=reason, candidates=evaluation.candidates, confidence=evaluation.confidence
    )

"""Judges a registered model on images that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_table import ImageTable
from medimage.errors import DataError
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.evaluate import measure_evaluation
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation
from medimage.export.latency import time_graph
from medimage.registry.model_answers import answer_images, open_classifier
from medimage.registry.registered_model import RegisteredModel
from medimage.wording import counted, listed


@dataclass(frozen=True, kw_only=True)
class ImagesToJudge:
    """The images that models are judged on, before those that a model has seen are left out.

    Attributes:
        image_ids: SHA-256 of each image's bytes.
        labels: Class of each image.
        groups: What must stay together: patient, lesion, duplicate cluster.
        classes: Classes that the data know.
    """

    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.image_ids) == len(self.labels) == len(self.groups):
            raise ValueError(
                f"Expected a label and a group for each of {len(self.image_ids)} images but got {len(self.labels)} and "
                f"{len(self.groups)}"
            )


def judge_registered_model(
    model: RegisteredModel, images: ImageTable, chosen: ImagesToJudge, *, config: EvaluationConfig, seed: int
) -> tuple[Evaluation, tuple[str, ...]]:
    """Measures a registered model as it is: its own temperature and decision rules, and nothing fitted to these images.

    Args:
        model: The model.
        images: Holds the encoded images.
        chosen: Which of them to judge on. Those that the model was trained or validated on are left out, and so is
            what shows a patient of theirs, as far as the images are known to belong together.
        config: Confidence level, interval method, resamples, bins, images to time.
        seed: Seed of the bootstrap.

    Returns:
        What was measured, and what a reader must know beside it.

    Raises:
        DataError: If the data have a class that the model does not, or no image is left that the model has not seen.
        RegistryError: If the model's graph cannot be run here.
    """
    classifier = open_classifier(model)
    rules = classifier.metadata.decision_rules
    classes = _shared_classes(model, classifier.metadata.classes, chosen)
    kept, findings = _unseen(model, chosen)
    image_ids = [chosen.image_ids[row] for row in kept]
    logits = answer_images(classifier, images, image_ids)
    columns = [classifier.metadata.classes.index(name) for name in classes]
    test = PredictionsOnTest(
        image_ids=tuple(image_ids),
        groups=tuple(chosen.groups[row] for row in kept),
        labels=np.array([classes.index(chosen.labels[row]) for row in kept], dtype=np.int64),
        logits=logits[:, columns],
        classes=classes,
    )
    timed = [encoded for _, encoded in images.encoded_images(image_ids[: config.latency_images])]
    evaluation = measure_evaluation(
        validation=PredictionsOnValidation.none(classes=classes),
        test=test,
        temperature=Temperature(
            value=classifier.metadata.temperature,
            fitted_on="none",
            cases=0,
            reason=f"that of {model.title}, which was fitted when it was trained",
        ),
        rules=rules and rules.for_classes(classes),
        latency=time_graph(model.onnx, timed),
        config=config,
        seed=seed,
        candidates=1,
    )
    absent = [name for index, name in enumerate(classes) if index not in test.labels]
    if absent:
        findings.append(
            f"The images that {model.title} is judged on have none of {listed(absent)}: what depends on "
            f"{'it' if len(absent) == 1 else 'them'} is not known"
        )
    return evaluation, tuple(findings)


def _shared_classes(model: RegisteredModel, own: Sequence[str], chosen: ImagesToJudge) -> tuple[str, ...]:
    """Returns the model's classes in the data's order, those that the data lack last."""
    strange = sorted(set(chosen.labels) - set(own))
    if strange:
        raise DataError(
            f"{model.title} answers with the classes {listed(own)}, but the data have {listed(chosen.classes)}: it "
            f"cannot be judged on images of {listed(strange)}. Map them under data.labels (null leaves images out), or "
            "name models of these classes."
        )
    return (*(name for name in chosen.classes if name in own), *sorted(set(own) - set(chosen.classes)))


def _unseen(model: RegisteredModel, chosen: ImagesToJudge) -> tuple[list[int], list[str]]:
    if model.images is None:
        return list(range(len(chosen.image_ids))), [
            f"{model.title} was registered before the images that a model has seen were kept: nobody can tell whether "
            "it was trained on some of these"
        ]
    seen = model.images.among(chosen.image_ids)
    if not seen:
        return list(range(len(chosen.image_ids))), []
    groups = {group for image_id, group in zip(chosen.image_ids, chosen.groups, strict=True) if image_id in seen}
    kept = [row for row, group in enumerate(chosen.groups) if group not in groups]
    total, left_out = len(chosen.image_ids), len(chosen.image_ids) - len(kept)
    of_same_cases = left_out - len(seen)
    also = f", and {counted(of_same_cases, 'image')} of the same cases" if of_same_cases else ""
    told = f"{model.title} was trained or validated on {len(seen)} of the {counted(total, 'image')}"
    if not kept:
        raise DataError(
            f"{told}{also}: no image is left to judge it on. Give it images of another source, or, where they are the "
            "ones it was made from, judge on their locked test set with --images test."
        )
    return kept, [f"{told}: these are left out{also}"]

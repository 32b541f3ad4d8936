"""Heat maps of a selection of test images, with the proof of how faithful they are."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.evaluation import ExplanationConfig
from medimage.data.box import Box
from medimage.data.labelled_pixels import LabelledPixels
from medimage.evaluation.explanation.explanation_result import CaseKind, ExplainedCase, Explanation
from medimage.evaluation.explanation.faithfulness import deletion_and_insertion, random_map
from medimage.evaluation.explanation.grad_cam import FeaturesWithoutPlacesError, grad_cam
from medimage.evaluation.metrics.cluster_bootstrap import (
    group_codes,
    percentile_limits,
    resampled_totals,
    totals_by_group,
)
from medimage.models.network import Network
from medimage.progress import track

_METHOD = "Grad-CAM"
_RESAMPLES = 2000
_CONFIDENCE = 0.95


def explain(
    network: Network,
    images: LabelledPixels,
    probabilities: NDArray[np.float64],
    *,
    config: ExplanationConfig,
    seed: int,
    lesions: Mapping[str, tuple[Box, ...]],
) -> Explanation:
    """Explains wrong, uncertain and ordinary predictions of every class.

    A network whose features cannot be laid out over the image is no error: the result then has no case, and says why.

    Args:
        network: The trained network; it is used in evaluation mode.
        images: Test images.
        probabilities: Calibrated, shape [images, classes], in the order of `images`.
        config: How many images, and in how many steps faithfulness is measured.
        seed: Seed of the random maps and of the bootstrap.
        lesions: Known lesions by image id, in pixels of the stored images.
    """
    network.eval()
    device = next(network.parameters()).device
    generator = np.random.default_rng(seed)
    chosen = select_cases(images.labels, probabilities, per_class=config.images_per_class)
    rows = np.asarray([row for row, _ in chosen], dtype=np.int64)
    predicted = probabilities.argmax(axis=1)
    if not chosen:
        return _without_cases("there is no test image")
    try:
        heat_maps = grad_cam(network, images.pixels[rows], predicted[rows])
    except FeaturesWithoutPlacesError as error:
        return _without_cases(f"this network's features have no places: {error}")
    fill = np.asarray(network.spec.normalization.mean) * 255

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        with torch.inference_mode():
            return network(torch.from_numpy(pixels).to(device)).softmax(dim=1).double().cpu().numpy()

    def areas(row: int, heat_map: NDArray[np.float32]) -> tuple[float, float]:
        return deletion_and_insertion(
            predict,
            pixels=np.array(images.pixels[row]),
            heat_map=heat_map,
            class_index=int(predicted[row]),
            fill=fill.round().astype(np.uint8),
            steps=config.deletion_steps,
        )

    cases = []
    selected = zip(chosen, heat_maps.maps, strict=True)
    for (row, kind), heat_map in track(selected, description="Explaining predictions", total=len(chosen)):
        size = heat_map.shape[0]
        deletion, insertion = areas(row, heat_map)
        opponent = random_map(size=size, cells=heat_maps.cells, generator=generator)
        random_deletion, random_insertion = areas(row, opponent)
        boxes = lesions.get(images.image_ids[row], ())
        cases.append(
            ExplainedCase(
                image_id=images.image_ids[row],
                kind=kind,
                true_class=images.classes[int(images.labels[row])],
                predicted_class=images.classes[int(predicted[row])],
                probability=float(probabilities[row].max()),
                pixels=np.array(images.pixels[row]),
                heat_map=(heat_map * 255).round().astype(np.uint8),
                deletion=deletion,
                insertion=insertion,
                random_deletion=random_deletion,
                random_insertion=random_insertion,
                hit=_hits(heat_map, boxes) if boxes else None,
                lesion_share=_covered(size, boxes) if boxes else None,
            )
        )
    advantage, low, high = _advantage(cases, groups=tuple(images.groups[row] for row in rows), seed=seed)
    return Explanation(
        cases=tuple(cases),
        method=f"{_METHOD} on {heat_maps.layer}",
        advantage=advantage,
        advantage_low=low,
        advantage_high=high,
    )


def select_cases(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], *, per_class: int
) -> list[tuple[int, CaseKind]]:
    """Chooses images of every class: a third wrong ones, a third uncertain ones, the rest ordinary.

    Where there are fewer wrong ones, more of the others are taken. Wrong ones come with the most certain first,
    because those mislead most; ordinary ones are those whose certainty is nearest the median of their class.

    Args:
        labels: int64, shape [images].
        probabilities: Shape [images, classes].
        per_class: Images per class at most.

    Returns:
        Rows with the reason for choosing them, by class.
    """
    certainty, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    chosen: list[tuple[int, CaseKind]] = []
    for label in range(probabilities.shape[1]):
        rows = np.flatnonzero(labels == label)
        wrong = rows[predicted[rows] != label]
        right = rows[predicted[rows] == label]
        wrong = wrong[np.argsort(-certainty[wrong], kind="stable")][: max(1, per_class // 3)]
        uncertain = right[np.argsort(certainty[right], kind="stable")][: max(1, per_class // 3)]
        rest = np.setdiff1d(right, uncertain)
        distance = np.abs(certainty[rest] - np.median(certainty[right])) if len(right) else np.zeros(0)
        ordinary = rest[np.argsort(distance, kind="stable")]
        picked: list[tuple[int, CaseKind]] = [
            *((int(row), "wrong") for row in wrong),
            *((int(row), "uncertain") for row in uncertain),
            *((int(row), "correct") for row in ordinary),
        ]
        chosen += picked[:per_class]
    return chosen


def _hits(heat_map: NDArray[np.float32], boxes: tuple[Box, ...]) -> bool:
    row, column = np.unravel_index(int(heat_map.argmax()), heat_map.shape)
    return any(box.contains(row=int(row), column=int(column)) for box in boxes)


def _covered(size: int, boxes: tuple[Box, ...]) -> float:
    covered = np.zeros((size, size), dtype=bool)
    for box in boxes:
        covered[box.top : box.bottom, box.left : box.right] = True
    return float(covered.mean())


def _without_cases(reason: str) -> Explanation:
    nan = float("nan")
    return Explanation(
        cases=(), method=_METHOD, advantage=nan, advantage_low=nan, advantage_high=nan, missing_because=reason
    )


def _advantage(cases: list[ExplainedCase], *, groups: tuple[str, ...], seed: int) -> tuple[float, float, float]:
    """Returns the mean advantage over random maps with its 95 % percentile interval, by bootstrap over groups.

    The limits are NaN where all images are of one group: then nothing tells how much patients differ.
    """
    gains = np.asarray(
        [case.insertion - case.deletion - (case.random_insertion - case.random_deletion) for case in cases]
    )
    codes = group_codes(groups)
    mean = float(gains.mean())
    if codes.max() == 0:
        return mean, float("nan"), float("nan")
    totals = totals_by_group(np.stack([gains, np.ones(len(gains))], axis=1), codes)
    sums = resampled_totals(totals, strata=np.zeros(len(totals), dtype=np.int64), resamples=_RESAMPLES, seed=seed)
    return mean, *percentile_limits(sums[:, 0] / sums[:, 1], confidence=_CONFIDENCE)

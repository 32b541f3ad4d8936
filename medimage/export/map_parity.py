"""Whether an exported graph gives the heat maps that Grad-CAM gives of the trained network."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.errors import ExportError
from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.export.agreement import MapParity
from medimage.export.deployed_network import Deployable, mean_map, members_of
from medimage.export.judged_answers import JudgedAnswers
from medimage.progress import track
from medimage.serving.graph_outputs import ACTIVATION_MAP, CLASS_INDEX, PREDICTED_CLASS
from medimage.serving.model_metadata import INPUT_NAME

IMAGES = 16
"""Images, spread over all of them, of which maps are compared: of the predicted class, and of all classes in turn."""


def compare_maps(session: Any, judged: Sequence[JudgedAnswers], *, network: Deployable, tolerance: float) -> MapParity:
    """Compares class-activation maps of some images with those that Grad-CAM gives by automatic differentiation.

    Args:
        session: The open graph.
        judged: Images with what the network said of them; of an ensemble, those of each fold.
        network: What the graph was exported from, in evaluation mode.
        tolerance: Largest allowed difference, as `MapParity` has it.

    Raises:
        ExportError: If a map differs by more than that.
    """
    parts = [
        _compared(session, part, network, images=-(-IMAGES // len(judged)), tolerance=tolerance) for part in judged
    ]
    return MapParity(
        images=sum(part.images for part in parts),
        maps=sum(part.maps for part in parts),
        max_difference=max(part.max_difference for part in parts),
        tolerance=tolerance,
    )


def _compared(session: Any, judged: JudgedAnswers, network: Deployable, *, images: int, tolerance: float) -> MapParity:
    rows = np.unique(np.linspace(0, len(judged.pixels) - 1, num=images).round().astype(np.int64))
    some = np.array(judged.pixels[rows])
    in_turn = np.arange(len(rows), dtype=np.int64) % len(network.spec.classes)
    largest = 0.0
    ways = ((np.full_like(in_turn, PREDICTED_CLASS), judged.logits[rows].argmax(axis=1)), (in_turn, in_turn))
    for asked, classes in ways:
        expected, weights = _expected(network, some, classes)
        for number in track(range(len(rows)), description="Comparing heat maps", total=len(rows)):
            feeds = {INPUT_NAME: some[number : number + 1], CLASS_INDEX: asked[number : number + 1]}
            (found,) = session.run([ACTIVATION_MAP], feeds)
            difference = float(weights[number] * np.abs(found[0] - expected[number]).max())
            if not difference <= tolerance:
                raise ExportError(
                    f"The exported graph gives another heat map than the trained network for class "
                    f"{network.spec.classes[classes[number]]!r} of test image {rows[number]}: expected a difference "
                    f"of at most {tolerance:g} of the strongest evidence but it is {difference:g}. Raise "
                    "export.map_tolerance only if you know why, or choose another export.opset."
                )
            largest = max(largest, difference)
    return MapParity(images=len(rows), maps=len(ways) * len(rows), max_difference=largest, tolerance=tolerance)


def _expected(
    network: Deployable, pixels: NDArray[np.uint8], classes: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Returns maps by automatic differentiation, and how much a difference of each counts.

    A map's peak is 1, whatever share of the strongest evidence it stands for; of an ensemble, the smallest share of
    any member counts. Where nothing speaks for the class, the map must be empty, and everything counts.
    """
    own = [grad_cam(member, pixels, classes) for member in members_of(network)]
    maps = mean_map([torch.from_numpy(each.maps) for each in own]).numpy()
    weights = np.ones(len(pixels))
    for each in own:
        peak = each.evidence.max(axis=(1, 2))
        strongest = np.abs(each.evidence).max(axis=(1, 2))
        share = np.divide(peak, strongest, out=np.ones(len(pixels)), where=(peak > 0) & (strongest > 0))
        weights = np.minimum(weights, share)
    return maps, weights

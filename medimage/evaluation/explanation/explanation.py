"""Heat maps of a selection of test images, with the proof of how faithful they are."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.evaluation import ExplanationConfig, MethodName
from medimage.data.box import Box
from medimage.data.labelled_pixels import LabelledPixels
from medimage.evaluation.explanation.case_selection import select_cases
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import ExplainedCase, Explanation
from medimage.evaluation.explanation.faithfulness import Predict
from medimage.evaluation.explanation.faithfulness_trial import CoarseMap, FaithfulnessTrial
from medimage.evaluation.explanation.heat_maps import CannotExplainError, HeatMaps
from medimage.evaluation.explanation.method_judgement import judge_method
from medimage.evaluation.explanation.methods import METHODS
from medimage.evaluation.explanation.randomised import checked_cases, randomised_networks
from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.models.network import Network
from medimage.progress import track


def explain(
    network: Network,
    images: LabelledPixels,
    probabilities: NDArray[np.float64],
    *,
    config: ExplanationConfig,
    seed: int,
    lesions: Mapping[str, tuple[Box, ...]],
) -> Explanation:
    """Explains wrong, uncertain and ordinary predictions of every class by every method of the configuration.

    A method that cannot serve this network is no error: the result says why, and the others go on. Where none can,
    there is no case.

    Args:
        network: The trained network; it is used in evaluation mode.
        images: Test images.
        probabilities: Calibrated, shape [images, classes], in the order of `images`.
        config: The methods, how many images, and in how many steps faithfulness is measured.
        seed: Seed of the random maps, the random weights and the bootstrap.
        lesions: Known lesions by image id, in pixels of the stored images.

    Raises:
        ValueError: If a probability is no number.
    """
    if not np.isfinite(probabilities).all():
        wrong = np.count_nonzero(~np.isfinite(probabilities))
        raise ValueError(f"Expected probabilities but {wrong} of {probabilities.size} are no numbers")
    network.eval()
    chosen = select_cases(images.labels, probabilities, per_class=config.images_per_class)
    if not chosen:
        return Explanation(cases=(), methods=(), missing_because="there is no test image")
    rows = np.asarray([row for row, _ in chosen], dtype=np.int64)
    pixels, classes = np.array(images.pixels[rows]), probabilities.argmax(axis=1)[rows]
    maps = _maps(network, pixels, classes, methods=config.methods)
    served: dict[MethodName, HeatMaps] = {name: found for name, found in maps.items() if isinstance(found, HeatMaps)}
    refused: dict[MethodName, ExplainedMethod] = {
        name: ExplainedMethod(name=name, missing_because=found)
        for name, found in maps.items()
        if isinstance(found, str)
    }
    if not served:
        reasons = "; ".join(f"{method.title}: {method.missing_because}" for method in refused.values())
        return Explanation(cases=(), methods=tuple(refused.values()), missing_because=reasons)
    trial = FaithfulnessTrial(
        predict=_predict(network),
        fill=(np.asarray(network.spec.normalization.mean) * 255).round().astype(np.uint8),
        steps=config.deletion_steps,
        generator=np.random.default_rng(seed),
    )
    cases = []
    for place, (row, kind) in track(enumerate(chosen), description="Explaining predictions", total=len(chosen)):
        boxes = lesions.get(images.image_ids[row], ())
        coarse: dict[MethodName, CoarseMap] = {
            name: CoarseMap(values=found.maps[place], cells=found.cells) for name, found in served.items()
        }
        cases.append(
            ExplainedCase(
                image_id=images.image_ids[row],
                kind=kind,
                true_class=images.classes[int(images.labels[row])],
                predicted_class=images.classes[int(classes[place])],
                probability=float(probabilities[row].max()),
                pixels=pixels[place],
                lesions=boxes,
                maps=trial.of_case(pixels[place], coarse, class_index=int(classes[place]), lesions=boxes),
            )
        )
    checked = checked_cases(len(cases))
    random: dict[Randomised, dict[MethodName, HeatMaps | str]] = {
        part: _maps(other, pixels[checked], classes[checked], methods=tuple(served))
        for part, other in randomised_networks(network, seed=seed).items()
    }
    judged: dict[MethodName, ExplainedMethod] = {
        name: judge_method(
            name,
            found,
            cases=cases,
            groups=tuple(images.groups[row] for row in rows),
            checked=checked,
            of_random_weights=_by_part(random, name),
            seed=seed,
        )
        for name, found in served.items()
    }
    told = {**judged, **refused}
    return Explanation(cases=tuple(cases), methods=tuple(told[name] for name in config.methods))


def _maps(
    network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64], *, methods: Sequence[MethodName]
) -> dict[MethodName, HeatMaps | str]:
    """Returns the maps of every method, or why it cannot serve the network."""
    found: dict[MethodName, HeatMaps | str] = {}
    for name in methods:
        try:
            found[name] = METHODS[name](network, pixels, classes)
        except CannotExplainError as error:
            found[name] = str(error)
    return found


def _by_part(
    random: Mapping[Randomised, Mapping[MethodName, HeatMaps | str]], name: MethodName
) -> dict[Randomised, HeatMaps | str]:
    return {part: maps[name] for part, maps in random.items()}


def _predict(network: Network) -> Predict:
    device = next(network.parameters()).device

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        with torch.inference_mode():
            return network(torch.from_numpy(pixels).to(device)).softmax(dim=1).cpu().double().numpy()

    return predict

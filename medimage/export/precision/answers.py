"""What a converted graph says of the test images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimage.data.pixel_rows import Pixels
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.export.probability_parity import BATCH
from medimage.progress import track
from medimage.serving.classifier import open_session
from medimage.serving.cores import available_cores
from medimage.serving.graph_outputs import ACTIVATION_MAP, CLASS_INDEX, EMBEDDING, PREDICTED_CLASS
from medimage.serving.model_metadata import INPUT_NAME, LOGITS, PROBABILITIES, ModelMetadata

_MAPPED_IMAGES = 8
"""Images of which a heat map is made as well, spread over all."""

_ROUNDING = 1e-4
"""How far a probability may be from that of its logit: both are worked out in single precision."""


def answer_all(onnx: bytes, pixels: Pixels, *, what: str) -> NDArray[np.float32]:
    """Runs a converted graph on all images, a batch at a time, and looks at everything that it gives.

    Args:
        onnx: The graph.
        pixels: uint8, shape [images, height, width, channels].
        what: Names the graph beside the progress.

    Returns:
        Logits, float32, shape [images, classes].

    Raises:
        ValueError: If the graph cannot be run here, gives numbers that are none, or probabilities that are not those of
            its logits, by which it is judged; the reason is the end of a sentence.
    """
    session: Any = open_session(onnx, threads=available_cores())
    temperature = ModelMetadata.from_properties(session.get_modelmeta().custom_metadata_map).temperature
    given = {each.name for each in session.get_outputs()}
    wanted = [LOGITS, PROBABILITIES, *([EMBEDDING] if EMBEDDING in given else [])]
    logits: list[NDArray[np.float32]] = []
    starts = range(0, len(pixels), BATCH)
    for start in track(starts, description=f"Judging the {what} graph", total=len(starts)):
        outputs = _run(session, wanted, {INPUT_NAME: np.ascontiguousarray(pixels[start : start + BATCH])})
        _require_finite(wanted, outputs, start=start)
        _require_own_probabilities(outputs[0], outputs[1], temperature=temperature, start=start)
        logits.append(np.asarray(outputs[0], dtype=np.float32))
    if ACTIVATION_MAP in given:
        for row in np.unique(np.linspace(0, len(pixels) - 1, num=_MAPPED_IMAGES).astype(np.int64)).tolist():
            image = np.ascontiguousarray(pixels[row : row + 1])
            feeds = {INPUT_NAME: image, CLASS_INDEX: np.array([PREDICTED_CLASS], dtype=np.int64)}
            _require_finite([ACTIVATION_MAP], _run(session, [ACTIVATION_MAP], feeds), start=row)
    return np.concatenate(logits)


def _run(session: Any, wanted: list[str], feeds: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
    try:
        return session.run(wanted, feeds)
    except Exception as error:
        # onnxruntime has a class of its own for each kind of failure, all directly below Exception.
        raise ValueError(f"onnxruntime cannot run it: {error}") from error


def _require_finite(names: list[str], outputs: list[NDArray[Any]], *, start: int) -> None:
    for name, values in zip(names, outputs, strict=True):
        bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if bad.any():
            raise ValueError(
                f"it gives {name} that are no finite numbers, first on test image {start + int(bad.argmax())}: "
                "features were too large for its numbers"
            )


def _require_own_probabilities(
    logits: NDArray[Any], probabilities: NDArray[Any], *, temperature: float, start: int
) -> None:
    """Makes sure that what is served follows from what is judged."""
    differences = np.abs(calibrated_probabilities(logits, temperature) - probabilities).max(axis=1)
    if differences.max() > _ROUNDING:
        worst = int(differences.argmax())
        raise ValueError(
            f"its probabilities are not those of its logits: on test image {start + worst} they differ by "
            f"{differences[worst]:.1e}"
        )

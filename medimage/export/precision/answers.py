"""What a converted graph says of the test images, beside what the graph says that it was made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.data.pixel_rows import Pixels
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.export.precision.resemblance import Resemblance, correlation, cosine
from medimage.progress import track
from medimage.serving.classifier import threads_per_image
from medimage.serving.graph_outputs import ACTIVATION_MAP, CLASS_INDEX, EMBEDDING
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import INPUT_NAME, LOGITS, PROBABILITIES, ModelMetadata

MAPPED_IMAGES = 48
"""Images of which heat maps are compared, spread over all."""

_ROUNDING = 1e-4
"""How far a probability may be from that of its logit: both are worked out in single precision."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What a graph says.

    Attributes:
        logits: float32, shape [images, classes].
        resemblances: How much what it gives beside probabilities is like that of single precision.
    """

    logits: NDArray[np.float32]
    resemblances: tuple[Resemblance, ...]


def answer_all(onnx: bytes, pixels: Pixels, *, full: bytes, config: ReducedPrecisionConfig, what: str) -> Answers:
    """Runs a converted graph on all images, one at a time as it will be served, and looks at everything that it gives.

    Args:
        onnx: The graph.
        pixels: uint8, shape [images, height, width, channels].
        full: The graph in single precision.
        config: How alike the two have to be.
        what: Names the graph beside the progress.

    Raises:
        ValueError: If the graph cannot be run here, gives numbers that are none, or probabilities that are not those of
            its logits, by which it is judged; the reason is the end of a sentence.
    """
    graph, beside = _Graph(onnx), _Graph(full)
    mapped = set(np.linspace(0, len(pixels) - 1, num=MAPPED_IMAGES).astype(np.int64).tolist())
    logits: list[NDArray[np.float32]] = []
    cosines: list[float] = []
    correlations: list[float] = []
    for row in track(range(len(pixels)), description=f"Judging the {what} graph", total=len(pixels)):
        image = np.ascontiguousarray(pixels[row : row + 1])
        answer, expected = graph.answer(image, row=row), beside.answer(image, row=row)
        _require_own_probabilities(answer, temperature=graph.temperature, row=row)
        logits.append(answer[LOGITS])
        if EMBEDDING in answer:
            cosines.append(cosine(answer[EMBEDDING], expected[EMBEDDING]))
        if row in mapped and graph.has_map:
            decided = int(expected[LOGITS].argmax())
            maps = [each.heat_map(image, label=decided, row=row) for each in (graph, beside)]
            correlations.append(correlation(maps[0], maps[1]))
    return Answers(
        logits=np.concatenate(logits),
        resemblances=(
            *([Resemblance.of("embeddings", cosines, least=config.minimum_embedding_cosine)] if cosines else []),
            *(
                [Resemblance.of("heat maps", correlations, least=config.minimum_map_correlation)]
                if correlations
                else []
            ),
        ),
    )


class _Graph:
    """An open graph that tells what is wrong with its numbers."""

    def __init__(self, onnx: bytes) -> None:
        self._session: Any = open_session(onnx, threads=threads_per_image())
        given = {each.name for each in self._session.get_outputs()}
        self._wanted = [LOGITS, PROBABILITIES, *([EMBEDDING] if EMBEDDING in given else [])]
        self.has_map = ACTIVATION_MAP in given
        self.temperature = ModelMetadata.from_properties(self._session.get_modelmeta().custom_metadata_map).temperature

    def answer(self, image: NDArray[np.uint8], *, row: int) -> dict[str, NDArray[np.float32]]:
        return self._run(self._wanted, {INPUT_NAME: image}, row=row)

    def heat_map(self, image: NDArray[np.uint8], *, label: int, row: int) -> NDArray[np.float32]:
        feeds = {INPUT_NAME: image, CLASS_INDEX: np.array([label], dtype=np.int64)}
        return self._run([ACTIVATION_MAP], feeds, row=row)[ACTIVATION_MAP]

    def _run(self, wanted: list[str], feeds: dict[str, NDArray[Any]], *, row: int) -> dict[str, NDArray[np.float32]]:
        try:
            outputs = self._session.run(wanted, feeds)
        except Exception as error:
            # onnxruntime has a class of its own for each kind of failure, all directly below Exception.
            raise ValueError(f"onnxruntime cannot run it: {error}") from error
        for name, values in zip(wanted, outputs, strict=True):
            if not np.isfinite(values).all():
                raise ValueError(
                    f"it gives {name} that are no finite numbers, first on test image {row}: features were too large "
                    "for its numbers"
                )
        return dict(zip(wanted, outputs, strict=True))


def _require_own_probabilities(answer: dict[str, NDArray[np.float32]], *, temperature: float, row: int) -> None:
    """Makes sure that what is served follows from what is judged."""
    difference = float(np.abs(calibrated_probabilities(answer[LOGITS], temperature) - answer[PROBABILITIES]).max())
    if difference > _ROUNDING:
        raise ValueError(
            f"its probabilities are not those of its logits: on test image {row} they differ by {difference:.1e}"
        )

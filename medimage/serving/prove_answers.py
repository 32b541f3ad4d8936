"""Whether a graph gives the answers here that it gave where it was judged."""

from typing import Any

import numpy as np

from medimage.serving.graph_outputs import EMBEDDING
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import FULL_PRECISION, INPUT_NAME, LOGITS, ModelMetadata
from medimage.serving.self_test import SelfTest, self_test_images


class OtherAnswersError(ValueError):
    """A graph does not give the answers here that it gave where it was judged. The message says what to do."""


_EXPORT_AGAIN = "Nobody can tell whether it answers here as it did there: export the model again."


def note_answers(onnx: bytes, *, threads: int) -> SelfTest:
    """Notes what a graph says of the images of its self-test, one at a time, and what rounding makes of that.

    How far answers are apart that are rounded otherwise depends on the network, so it is measured, by working integers
    out in single precision: embeddings of a ResNet18 and a ConvNeXt-T moved by 0.1 % of their length, those of a
    MobileNetV2, an EfficientNet-B0 and a ViT-S by 4 to 6 %. Sums that are cut off moved those of all five by 7 to 39 %,
    2.3 to 7 times what is allowed.

    Args:
        onnx: The graph.
        threads: Threads that work on one image.

    Raises:
        ValueError: If it gives no finite numbers; the reason is the end of a sentence.
    """
    session = open_session(onnx, threads=threads)
    metadata = ModelMetadata.from_properties(session.get_modelmeta().custom_metadata_map)
    found = _answers(session, metadata)
    for name, values in found.items():
        if not np.isfinite(values).all():
            raise ValueError(f"it gives {name} that are no finite numbers on the images of its self-test")
    as_written = open_session(onnx, threads=threads, as_written=True)
    return SelfTest.of(found, rounded_otherwise=_answers(as_written, metadata))


def prove_answers(session: Any, metadata: ModelMetadata) -> None:
    """Makes sure that an open graph says what it noted; in single precision it need not have noted anything.

    Raises:
        OtherAnswersError: If it says something else, or computes in fewer bits and does not note what it must say.
    """
    if metadata.self_test is None:
        if metadata.precision == FULL_PRECISION:
            return
        raise OtherAnswersError(f"{_no_self_test(metadata)} but it notes nothing. {_EXPORT_AGAIN}")
    allowed, here = metadata.self_test.allowed, _answers(session, metadata)
    if set(allowed) != set(here):
        raise OtherAnswersError(
            f"{_no_self_test(metadata)} in {' and '.join(here)} but it notes {' and '.join(allowed)}. {_EXPORT_AGAIN}"
        )
    for name, distance in metadata.self_test.distances(here).items():
        if distance > allowed[name]:
            raise OtherAnswersError(
                f"Expected the graph in {metadata.precision} to say what it said where it was judged, within "
                f"{allowed[name]:.1%} on images made for this test, but its {name} is {distance:.1%} away. This "
                "processor, or this onnxruntime, works it out in another way, and nothing is served that was not "
                "judged: serve the model in single precision, or train again on such a machine."
            )


def _no_self_test(metadata: ModelMetadata) -> str:
    return f"Expected the graph in {metadata.precision} to note what it said where it was judged"


def _answers(session: Any, metadata: ModelMetadata) -> dict[str, Any]:
    names = [LOGITS, *([EMBEDDING] if metadata.outputs else [])]
    images = self_test_images(size=metadata.input_size, channels=metadata.channels)
    rows = [session.run(names, {INPUT_NAME: image[np.newaxis]}) for image in images]
    return {name: np.concatenate([row[place] for row in rows]) for place, name in enumerate(names)}

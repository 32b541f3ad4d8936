"""An exported model that answers on encoded images."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from medimage.serving.cores import available_cores
from medimage.serving.model_metadata import INPUT_NAME, LOGITS, PROBABILITIES, ModelMetadata
from medimage.serving.preprocessing import PREPROCESSING_VERSION, prepare_image


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The answer on one image.

    Attributes:
        label: The most probable class.
        confidence: Its probability.
        probabilities: Probability of each class, in the order of the model's outputs; they add up to 1.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]


class ImageClassifier:
    """Runs an exported graph with onnxruntime, from encoded bytes to probabilities.

    One instance may be used by several threads at a time.
    """

    def __init__(self, onnx: bytes, *, threads: int) -> None:
        """Opens the graph.

        Args:
            onnx: A graph made by `medimage.export.export_onnx`.
            threads: Threads that work on one image.

        Raises:
            ValueError: If the bytes are no graph of that kind, or were made for another version of preprocessing.
        """
        self._session = open_session(onnx, threads=threads)
        self.metadata = ModelMetadata.from_properties(self._session.get_modelmeta().custom_metadata_map)
        if self.metadata.preprocessing_version != PREPROCESSING_VERSION:
            raise ValueError(
                f"Expected a model for preprocessing version {PREPROCESSING_VERSION} but it was trained with version "
                f"{self.metadata.preprocessing_version}; export it again, or install the medimage it was trained with"
            )

    def predict(self, data: bytes) -> Prediction:
        """Classifies one encoded image.

        Raises:
            ImageRefusedError: If the bytes are not an acceptable image.
            FloatingPointError: If the network gives a probability that is not a number.
        """
        pixels = prepare_image(data, color_mode=self.metadata.color_mode, size=self.metadata.input_size)
        return self.predict_pixels(pixels)

    def predict_pixels(self, pixels: NDArray[np.uint8]) -> Prediction:
        """Classifies one prepared image.

        Args:
            pixels: uint8, shape [input_size, input_size, channels].

        Raises:
            FloatingPointError: If the network gives a probability that is not a number.
        """
        (probabilities,) = self._session.run([PROBABILITIES], {INPUT_NAME: pixels[np.newaxis]})
        values = np.asarray(probabilities, dtype=np.float64)[0]
        if not np.isfinite(values).all():
            raise FloatingPointError(f"Expected probabilities but the network gave {values.tolist()}")
        best = int(values.argmax())
        return Prediction(
            label=self.metadata.classes[best],
            confidence=float(values[best]),
            probabilities=dict(zip(self.metadata.classes, values.tolist(), strict=True)),
        )

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns what the network gives before temperature and softmax, for several prepared images at a time.

        Args:
            pixels: uint8, shape [images, input_size, input_size, channels].

        Returns:
            float32, shape [images, classes].

        Raises:
            FloatingPointError: If the network gives a logit that is not a finite number.
        """
        (logits,) = self._session.run([LOGITS], {INPUT_NAME: pixels})
        values = np.asarray(logits, dtype=np.float32)
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).any(axis=1).sum())
            raise FloatingPointError(f"Expected finite logits but the network gave others for {bad} of {len(values)}")
        return values


def open_session(onnx: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """Opens a graph for the CPU, without messages below errors.

    Raises:
        ValueError: If the bytes are not an ONNX graph that this onnxruntime runs.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads would otherwise spin, which costs more than it gains once several requests share the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(onnx, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has a class of its own for each kind of bad graph, all directly below Exception.
        raise ValueError(f"Expected an ONNX graph that onnxruntime {onnxruntime.__version__} runs: {error}") from error


def threads_per_image() -> int:
    """Returns how many threads work on one image: all cores, up to four.

    More bring little for one image, and several images are served at a time.
    """
    return min(4, available_cores())

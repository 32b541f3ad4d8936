"""An exported model that answers on encoded images."""

import numpy as np
from numpy.typing import NDArray

from medimage.serving.cores import available_cores
from medimage.serving.graph_answers import Answer, HeatMap, NotInGraphError, Prediction
from medimage.serving.graph_contract import check_contract
from medimage.serving.graph_outputs import ACTIVATION_MAP, CLASS_INDEX, EMBEDDING, PREDICTED_CLASS
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import FULL_PRECISION, INPUT_NAME, LOGITS, PROBABILITIES, ModelMetadata
from medimage.serving.preprocessing import PREPROCESSING_VERSION, prepare_image
from medimage.serving.prove_answers import prove_answers


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
            ValueError: If the bytes are no graph of that kind, or not the one that its metadata describes, or were made
                for another version of preprocessing.
            OtherAnswersError: If the graph notes what it must say of some images, and says something else here, or
                notes nothing although it computes in fewer bits.
        """
        self._session = open_session(onnx, threads=threads)
        self.metadata = ModelMetadata.from_properties(self._session.get_modelmeta().custom_metadata_map)
        if self.metadata.preprocessing_version != PREPROCESSING_VERSION:
            raise ValueError(
                f"Expected a model for preprocessing version {PREPROCESSING_VERSION} but it was trained with version "
                f"{self.metadata.preprocessing_version}; export it again, or install the medimage it was trained with"
            )
        check_contract(self._session, self.metadata)
        prove_answers(self._session, self.metadata)

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
        return self._prediction(probabilities)

    def answer(self, data: bytes) -> Answer:
        """Classifies one encoded image, and gives its embedding, which takes no longer.

        Raises:
            ImageRefusedError: If the bytes are not an acceptable image.
            FloatingPointError: If the network gives a number that is none.
            NotInGraphError: If the graph gives no embedding, as those of before there was one.
        """
        pixels = prepare_image(data, color_mode=self.metadata.color_mode, size=self.metadata.input_size)
        return self.answer_pixels(pixels)

    def answer_pixels(self, pixels: NDArray[np.uint8]) -> Answer:
        """Classifies one prepared image, and gives its embedding.

        Args:
            pixels: uint8, shape [input_size, input_size, channels].

        Raises:
            FloatingPointError: If the network gives a number that is none.
            NotInGraphError: If the graph gives no embedding.
        """
        if self.metadata.outputs is None:
            raise NotInGraphError("This model gives no embedding: it was exported before there was one.")
        probabilities, embedding = self._session.run([PROBABILITIES, EMBEDDING], {INPUT_NAME: pixels[np.newaxis]})
        values = np.asarray(embedding, dtype=np.float32)[0]
        if not np.isfinite(values).all():
            raise FloatingPointError("Expected an embedding of finite numbers but the network gave others")
        return Answer(prediction=self._prediction(probabilities), embedding=values)

    def embeddings(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns the embeddings of several prepared images at a time.

        Args:
            pixels: uint8, shape [images, input_size, input_size, channels].

        Returns:
            float32, shape [images, width].

        Raises:
            FloatingPointError: If the network gives a number that is none.
            NotInGraphError: If the graph gives no embedding.
        """
        if self.metadata.outputs is None:
            raise NotInGraphError("This model gives no embedding: it was exported before there was one.")
        values = self._of_all(EMBEDDING, pixels)
        if not np.isfinite(values).all():
            raise FloatingPointError("Expected embeddings of finite numbers but the network gave others")
        return values

    def explain(self, data: bytes, *, label: str | None = None) -> HeatMap:
        """Maps what speaks for a class in one encoded image.

        Args:
            data: The encoded image.
            label: The class; None for the most probable one.

        Raises:
            ImageRefusedError: If the bytes are not an acceptable image.
            FloatingPointError: If the network gives a number that is none.
            NotInGraphError: If the graph gives no map, with the reason.
            ValueError: If the model has no such class.
        """
        pixels = prepare_image(data, color_mode=self.metadata.color_mode, size=self.metadata.input_size)
        return self.explain_pixels(pixels, label=label)

    def explain_pixels(self, pixels: NDArray[np.uint8], *, label: str | None = None) -> HeatMap:
        """Maps what speaks for a class in one prepared image.

        Args:
            pixels: uint8, shape [input_size, input_size, channels].
            label: The class; None for the most probable one.

        Raises:
            FloatingPointError: If the network gives a number that is none.
            NotInGraphError: If the graph gives no map, with the reason.
            ValueError: If the model has no such class.
        """
        outputs = self.metadata.outputs
        if outputs is None or outputs.activation_map is None:
            reason = "it was exported before there were any" if outputs is None else outputs.no_map_because
            raise NotInGraphError(f"This model gives no heat maps: {reason}.")
        if label is not None and label not in self.metadata.classes:
            raise ValueError(f"Expected one of the classes {list(self.metadata.classes)} but got {label!r}")
        index = PREDICTED_CLASS if label is None else self.metadata.classes.index(label)
        feeds = {INPUT_NAME: pixels[np.newaxis], CLASS_INDEX: np.array([index], dtype=np.int64)}
        probabilities, maps = self._session.run([PROBABILITIES, ACTIVATION_MAP], feeds)
        prediction = self._prediction(probabilities)
        values = np.asarray(maps, dtype=np.float32)[0]
        if not np.isfinite(values).all():
            raise FloatingPointError("Expected a heat map of finite numbers but the network gave others")
        return HeatMap(
            label=prediction.label if label is None else label,
            values=values,
            prediction=prediction,
            made=outputs.activation_map,
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
        values = self._of_all(LOGITS, pixels)
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).any(axis=1).sum())
            raise FloatingPointError(f"Expected finite logits but the network gave others for {bad} of {len(values)}")
        return values

    def _of_all(self, output: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns an output for several images: of a graph in fewer bits as it was judged, one image at a time.

        Among others, an image's features are rounded otherwise in their last digit, which is nothing in single
        precision. Where they are then rounded to 8 bits, some become the next step, and through a hundred layers that
        grows: logits of an untrained EfficientNetV2-L changed by a quarter of their range.
        """
        if self.metadata.precision == FULL_PRECISION or len(pixels) <= 1:
            given = self._session.run([output], {INPUT_NAME: pixels})
        else:
            given = [self._session.run([output], {INPUT_NAME: image[np.newaxis]})[0] for image in pixels]
        return np.concatenate([np.asarray(each, dtype=np.float32) for each in given])

    def _prediction(self, probabilities: object) -> Prediction:
        values = np.asarray(probabilities, dtype=np.float64)[0]
        if not np.isfinite(values).all():
            raise FloatingPointError(f"Expected probabilities but the network gave {values.tolist()}")
        best = int(values.argmax())
        return Prediction(
            label=self.metadata.classes[best],
            confidence=float(values[best]),
            probabilities=dict(zip(self.metadata.classes, values.tolist(), strict=True)),
        )


def threads_per_image() -> int:
    """Returns how many threads work on one image: all cores, up to four.

    More bring little for one image, and several images are served at a time.
    """
    return min(4, available_cores())

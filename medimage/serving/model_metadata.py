"""What an exported model says about itself, inside the ONNX file."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar, get_args

from medimage.decision.decision_rules import DecisionRules
from medimage.serving.color_mode import ColorMode, channels_of
from medimage.serving.graph_outputs import GraphOutputs
from medimage.serving.model_origin import ModelOrigin
from medimage.serving.quality.embedding_reference import EmbeddingReference
from medimage.serving.quality.intensity_reference import IntensityReference
from medimage.serving.self_test import SelfTest

Read = TypeVar("Read")

INPUT_NAME = "image"
"""The graph's input: uint8 [batch, height, width, channels]."""

PROBABILITIES, LOGITS = "probabilities", "logits"
OUTPUT_NAMES = (PROBABILITIES, LOGITS)
"""The first outputs of every graph, in their order: each float32 [batch, classes]. `graph_outputs` has the others."""

FULL_PRECISION = "fp32"
"""Single precision, which a graph computes in unless it says otherwise."""

PRECISION, FULL_PRECISION_SHA256 = "precision", "full_precision_sha256"
"""Properties of a graph that computes in fewer bits: in which, and the SHA-256 of the graph it was made of."""

_CLASSES = "classes"
_INPUT_SIZE = "input_size"
_COLOR_MODE = "color_mode"
_CHANNELS = "channels"
_PREPROCESSING_VERSION = "preprocessing_version"
_TEMPERATURE = "temperature"
_DECISION_RULES = "decision_rules"
_OUTPUTS = "outputs"
_WEIGHTS_SHA256 = "weights_sha256"
_DATA_SHA256 = "data_sha256"
_INTENSITIES = "intensities"
_EMBEDDINGS = "embeddings"
_SELF_TEST = "self_test"


@dataclass(frozen=True, kw_only=True)
class ModelMetadata:
    """The contract between an exported graph and whoever feeds it.

    Attributes:
        classes: Class names in the order of the outputs.
        input_size: Height and width of the input, in pixels.
        color_mode: `gray` for one input channel, `rgb` for three.
        preprocessing_version: Version of decoding and resizing that the model was trained with.
        temperature: Temperature that divides the logits inside the graph (Guo et al., 2017).
        decision_rules: What turns its probabilities into answers; None where nothing was fitted for it, such as for an
            ensemble of folds, or for a model of before they were kept.
        outputs: What the graph gives beside probabilities and logits; None where it gives no more, as graphs did before
            there was more.
        origin: What it was made from; None where that is not known, or was not kept yet.
        intensities: Gray levels of the training images, to tell images unlike them; None where they were not measured.
        embeddings: What the network makes of the training images, for the same; None where it was not measured.
        precision: What it computes in.
        full_precision_sha256: SHA-256 of the graph in single precision that it was made of; empty where it is one.
        self_test: What it must say of known images wherever it is opened; None where none was noted.
    """

    classes: tuple[str, ...]
    input_size: int
    color_mode: ColorMode
    preprocessing_version: str
    temperature: float
    decision_rules: DecisionRules | None = None
    outputs: GraphOutputs | None = None
    origin: ModelOrigin | None = None
    intensities: IntensityReference | None = None
    embeddings: EmbeddingReference | None = None
    precision: str = FULL_PRECISION
    full_precision_sha256: str = ""
    self_test: SelfTest | None = None

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"Expected at least two different classes but got {list(self.classes)}")
        if self.input_size < 1:
            raise ValueError(f"Expected input_size to be at least 1 but got {self.input_size}")
        if self.color_mode not in get_args(ColorMode):
            raise ValueError(f"Expected color_mode to be one of {get_args(ColorMode)} but got {self.color_mode!r}")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"Expected a positive, finite temperature but got {self.temperature}")
        if self.decision_rules and self.decision_rules.classes != self.classes:
            raise ValueError(
                f"Expected decision rules for the classes {list(self.classes)} in this order but got them for "
                f"{list(self.decision_rules.classes)}"
            )
        if (self.precision == FULL_PRECISION) == bool(self.full_precision_sha256):
            raise ValueError(
                f"Expected the hash of the graph in {FULL_PRECISION} for one in fewer bits alone but got a graph in "
                f"{self.precision} and the hash {self.full_precision_sha256!r}"
            )
        if self.intensities and len(self.intensities.histogram) != self.channels:
            raise ValueError(
                f"Expected gray levels of {self.channels} channels but got those of {len(self.intensities.histogram)}"
            )
        width = self.outputs.embedding_width if self.outputs else 0
        if self.embeddings and self.embeddings.width != width:
            raise ValueError(f"Expected embeddings of {width} numbers but got those of {self.embeddings.width}")

    @property
    def channels(self) -> int:
        """Channels of the input: 1 or 3."""
        return channels_of(self.color_mode)

    def to_properties(self) -> dict[str, str]:
        """Returns the metadata as ONNX `metadata_props`, which hold strings only."""
        rules, outputs, origin, intensities = self.decision_rules, self.outputs, self.origin, self.intensities
        return {
            _CLASSES: json.dumps(self.classes, ensure_ascii=False),
            _INPUT_SIZE: str(self.input_size),
            _CHANNELS: str(self.channels),
            _COLOR_MODE: self.color_mode,
            _PREPROCESSING_VERSION: self.preprocessing_version,
            _TEMPERATURE: repr(self.temperature),
            **({} if rules is None else {_DECISION_RULES: json.dumps(rules.to_dict(), ensure_ascii=False)}),
            **({} if outputs is None else {_OUTPUTS: outputs.to_json()}),
            **(
                {}
                if origin is None
                else {_WEIGHTS_SHA256: json.dumps(origin.weights_sha256), _DATA_SHA256: origin.data_sha256}
            ),
            **({} if intensities is None else {_INTENSITIES: json.dumps(intensities.to_dict())}),
            **({} if self.embeddings is None else {_EMBEDDINGS: json.dumps(self.embeddings.to_dict())}),
            **({} if self.self_test is None else {_SELF_TEST: json.dumps(self.self_test.to_dict())}),
            **(
                {}
                if self.precision == FULL_PRECISION
                else {PRECISION: self.precision, FULL_PRECISION_SHA256: self.full_precision_sha256}
            ),
        }

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Self:
        """Reads what `to_properties` gave; further properties are ignored.

        Raises:
            ValueError: If a property is missing or has an impossible value.
        """
        try:
            color_mode = properties[_COLOR_MODE]
            if color_mode not in get_args(ColorMode):
                raise ValueError(f"Expected color_mode to be one of {get_args(ColorMode)} but got {color_mode!r}")
            return cls(
                classes=_classes(properties[_CLASSES]),
                input_size=int(properties[_INPUT_SIZE]),
                color_mode="gray" if color_mode == "gray" else "rgb",
                preprocessing_version=properties[_PREPROCESSING_VERSION],
                temperature=float(properties[_TEMPERATURE]),
                decision_rules=_read(
                    properties.get(_DECISION_RULES), "the model's decision rules", DecisionRules.from_dict
                ),
                outputs=GraphOutputs.from_json(properties[_OUTPUTS]) if _OUTPUTS in properties else None,
                origin=_origin(properties) if _WEIGHTS_SHA256 in properties else None,
                intensities=_read(
                    properties.get(_INTENSITIES),
                    "the gray levels of the model's training images",
                    IntensityReference.from_dict,
                ),
                embeddings=_read(
                    properties.get(_EMBEDDINGS),
                    "the embeddings of the model's training images",
                    EmbeddingReference.from_dict,
                ),
                precision=properties.get(PRECISION, FULL_PRECISION),
                full_precision_sha256=properties.get(FULL_PRECISION_SHA256, ""),
                self_test=_read(properties.get(_SELF_TEST), "the self-test of the model", SelfTest.from_dict),
            )
        except KeyError as error:
            raise ValueError(
                f"Expected the model's metadata to name {error} but it has {sorted(properties)}"
            ) from error


def _read(text: str | None, what: str, read: Callable[[dict[str, Any]], Read]) -> Read | None:
    if text is None:
        return None
    try:
        return read(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"Expected {what} as they were exported but found others: {error}") from error


def _classes(text: str) -> tuple[str, ...]:
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"Expected the classes of the model as a list of names but got {text[:80]!r}")
    return tuple(found)


def _origin(properties: Mapping[str, str]) -> ModelOrigin:
    try:
        weights = tuple(json.loads(properties[_WEIGHTS_SHA256]))
    except (ValueError, TypeError) as error:
        raise ValueError(f"Expected the hashes of the model's weights as they were exported: {error}") from error
    return ModelOrigin(weights_sha256=weights, data_sha256=properties[_DATA_SHA256])

import dataclasses
import json

import numpy as np
import pytest

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.conformal_sets import ConformalSets
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.export.fit_embedding_reference import fit_embedding_reference
from medimage.serving.graph_outputs import ActivationMap, GraphOutputs
from medimage.serving.model_metadata import ModelMetadata
from medimage.serving.model_origin import ModelOrigin
from medimage.serving.quality.embedding_reference import EmbeddingReference
from tests.support.served import trained_on

CLASSES = ("akiec", 'naïve, "quoted"', "nv")
THRESHOLDS = dict(zip(CLASSES, (0.1234567890123456789, 0.5, 1e-17), strict=True))
RULES = DecisionRules(
    operating_points={
        **{
            name: OperatingPoint(threshold=value, target_sensitivity=0.95, cases=40)
            for name, value in THRESHOLDS.items()
        },
        "nv": OperatingPoint(threshold=None, target_sensitivity=0.95, cases=3, reason="too few"),
    },
    abstention=AbstentionRule(threshold=0.61, target_error=0.05, confidence=0.95, cases=120),
    conformal=ConformalSets(thresholds=THRESHOLDS, coverage=0.9, cases=dict.fromkeys(CLASSES, 40)),
)


def make(**changes: object) -> ModelMetadata:
    values = {
        "classes": CLASSES,
        "input_size": 96,
        "color_mode": "rgb",
        "preprocessing_version": "1",
        "temperature": 1.2345678901234567,
    }
    return ModelMetadata(**(values | changes))  # type: ignore[arg-type]


def test_metadata_survives_the_trip_through_properties() -> None:
    assert ModelMetadata.from_properties(make().to_properties()) == make()


def test_properties_are_readable_by_others() -> None:
    properties = make().to_properties()
    assert json.loads(properties["classes"])[2] == "nv"
    assert properties["channels"] == "3"
    assert all(isinstance(value, str) for value in properties.values())


def test_further_properties_are_ignored() -> None:
    assert ModelMetadata.from_properties({**make().to_properties(), "data_hash": "abc"}) == make()


@pytest.mark.parametrize("missing", ["classes", "input_size", "color_mode", "preprocessing_version", "temperature"])
def test_missing_property_is_named(missing: str) -> None:
    properties = make().to_properties()
    del properties[missing]
    with pytest.raises(ValueError, match=missing):
        ModelMetadata.from_properties(properties)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ("one",)},
        {"classes": ("one", "one")},
        {"input_size": 0},
        {"color_mode": "cmyk"},
        {"temperature": 0.0},
        {"temperature": float("nan")},
    ],
)
def test_impossible_metadata_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        make(**changes)


def test_unknown_color_mode_in_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match="bgr"):
        ModelMetadata.from_properties({**make().to_properties(), "color_mode": "bgr"})


def test_decision_rules_travel_with_the_model_to_the_last_digit() -> None:
    described = make(decision_rules=RULES)
    read = ModelMetadata.from_properties(described.to_properties())
    assert read == described
    assert read.decision_rules is not None
    assert list(read.decision_rules.operating_points) == list(CLASSES)


def test_decision_rules_of_other_classes_or_another_order_are_refused() -> None:
    with pytest.raises(ValueError, match="decision rules for the classes"):
        make(decision_rules=RULES, classes=("akiec", "mel", "nv"))
    with pytest.raises(ValueError, match="in this order"):
        make(decision_rules=RULES.for_classes(CLASSES[::-1]))


@pytest.mark.parametrize("damaged", ["{", "[]", "{}", '{"operating_points": {"nv": 3}}'])
def test_damaged_decision_rules_are_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match="decision rules as they were exported"):
        ModelMetadata.from_properties({**make().to_properties(), "decision_rules": damaged})


MAPPED = GraphOutputs(embedding_width=512, activation_map=ActivationMap(cells=7, layer="the last feature map"))
UNMAPPED = GraphOutputs(embedding_width=1024, activation_map=None, no_map_because='a "reason": ünknown')
ORIGIN = ModelOrigin(weights_sha256=("0" * 64, "a" * 64), data_sha256="f" * 64)


@pytest.mark.parametrize("outputs", [MAPPED, UNMAPPED])
def test_what_a_graph_gives_and_was_made_from_travels_with_it(outputs: GraphOutputs) -> None:
    described = make(outputs=outputs, origin=ORIGIN)
    assert ModelMetadata.from_properties(described.to_properties()) == described


def test_hashes_are_readable_by_others() -> None:
    properties = make(origin=ORIGIN).to_properties()
    assert json.loads(properties["weights_sha256"]) == ["0" * 64, "a" * 64]
    assert properties["data_sha256"] == "f" * 64


def test_a_graph_of_before_gives_no_more_than_its_answers() -> None:
    read = ModelMetadata.from_properties(make().to_properties())
    assert (read.outputs, read.origin) == (None, None)


@pytest.mark.parametrize("damaged", ["{", "[]", "{}", '{"embedding_width": 3, "activation_map": {"cells": 1}}'])
def test_a_damaged_statement_of_outputs_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match="statement of what the graph gives"):
        ModelMetadata.from_properties({**make().to_properties(), "outputs": damaged})


@pytest.mark.parametrize("damaged", ["{", "[]", "3", '["abc"]'])
def test_damaged_hashes_are_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match="Expected the"):
        ModelMetadata.from_properties({**make(origin=ORIGIN).to_properties(), "weights_sha256": damaged})


@pytest.mark.parametrize("changes", [{"activation_map": None}, {"no_map_because": "none"}, {"embedding_width": 0}])
def test_an_impossible_statement_of_outputs_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        dataclasses.replace(MAPPED, **changes)  # type: ignore[arg-type]


def test_gray_levels_of_training_images_survive_the_trip_through_properties() -> None:
    metadata = make(color_mode="gray", intensities=trained_on())
    assert ModelMetadata.from_properties(metadata.to_properties()) == metadata


def test_gray_levels_of_other_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="gray levels of 3 channels"):
        make(color_mode="rgb", intensities=trained_on())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"histogram": [[1]]}'])
def test_damaged_gray_levels_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="gray levels of the model's training images"):
        ModelMetadata.from_properties({**make(color_mode="gray").to_properties(), "intensities": text})


def embeddings(width: int) -> EmbeddingReference:
    reference = fit_embedding_reference(*np.random.default_rng(0).normal(size=(2, 40, width)).astype(np.float32))
    assert reference is not None
    return reference


def test_embeddings_of_training_images_survive_the_trip_through_properties() -> None:
    metadata = make(outputs=MAPPED, embeddings=embeddings(512))
    read = ModelMetadata.from_properties(metadata.to_properties()).embeddings
    assert read is not None
    assert read.to_dict() == embeddings(512).to_dict()


@pytest.mark.parametrize("outputs", [None, MAPPED])
def test_embeddings_of_another_width_are_refused(outputs: GraphOutputs | None) -> None:
    with pytest.raises(ValueError, match="numbers but got those of 8"):
        make(outputs=outputs, embeddings=embeddings(8))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"mean": 3}', '{"mean": "", "variances": "", "directions": ""}', '{"mean": "?"}']
)
def test_damaged_embeddings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="embeddings of the model's training images"):
        ModelMetadata.from_properties({**make(outputs=MAPPED).to_properties(), "embeddings": text})

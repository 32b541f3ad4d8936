import json

import pytest

from medimage.serving.model_metadata import ModelMetadata


def make(**changes: object) -> ModelMetadata:
    values = {
        "classes": ("akiec", 'naïve, "quoted"', "nv"),
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

"""The reference for monitoring that is stored with a registered version."""

from pathlib import Path

import numpy as np
import pytest

from medimage.errors import RegistryError
from medimage.monitoring.measure_reference import measure_reference
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.find_models import find_version_called
from medimage.registry.model_registry import register_model
from medimage.registry.stored_reference import load_stored_reference
from tests.support.exported import brightness_onnx, make_card, make_exported, make_gate_report, make_lineage
from tests.support.images import encode

NAME = "lung-brightness"


def reference_of(onnx: bytes) -> MonitoringReference:
    images = [(None, encode(np.full((32, 32), level, np.uint8))) for level in range(0, 250, 5)]
    found = measure_reference(onnx, images, total=len(images))
    assert found is not None
    return found


def register(reference: MonitoringReference | None) -> None:
    register_model(
        exported=make_exported(),
        card=make_card(),
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
        reference=reference,
    )


@pytest.mark.usefixtures("database")
def test_a_reference_comes_back_with_the_version() -> None:
    reference = reference_of(make_exported().onnx)
    register(reference)
    found = load_stored_reference(find_version_called(f"{NAME}@champion"))
    assert found.to_parquet() == reference.to_parquet()


@pytest.mark.usefixtures("database")
def test_a_version_without_one_says_what_to_do() -> None:
    register(None)
    with pytest.raises(RegistryError, match="--reference-images FOLDER"):
        load_stored_reference(find_version_called(f"{NAME}@champion"))


@pytest.mark.usefixtures("database")
def test_a_reference_of_another_graph_is_not_registered() -> None:
    with pytest.raises(ValueError, match="reference of the graph"):
        register(reference_of(brightness_onnx(slope=2.0)))


def test_a_reference_that_was_exchanged_is_refused(database: Path) -> None:
    register(reference_of(make_exported().onnx))
    (file,) = (database.parent / "artifacts").rglob("monitoring_reference.parquet")
    file.write_bytes(reference_of(brightness_onnx(slope=2.0)).to_parquet())
    with pytest.raises(RegistryError, match="was exchanged"):
        load_stored_reference(find_version_called(f"{NAME}@champion"))

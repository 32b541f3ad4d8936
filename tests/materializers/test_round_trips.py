"""Every artifact comes back from the artifact store as it went in, and equal ones have equal hashes."""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zenml.client import Client

from materializers.file_materializer import FileMaterializer
from materializers.normalization import NormalizationMaterializer
from materializers.pixel_store import PixelStoreMaterializer
from materializers.trained_model import TrainedModelMaterializer
from materializers.training_record import TrainingRecordMaterializer
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.statistics import NormalizationStats
from medimage.errors import StorageError
from medimage.models.training_record import TrainingRecord
from medimage.registry.model_card import ModelCard
from tests.support.artifacts import ARTIFACTS, IDS, PIXELS, trained_model


def materializer(kind: type[FileMaterializer]) -> FileMaterializer:
    """Opens a materializer on an empty folder of the artifact store."""
    store = Client().active_stack.artifact_store
    uri = f"{store.path}/tests/{uuid.uuid4()}"
    store.makedirs(uri)
    return kind(uri, store)


def plain(value: Any) -> Any:
    """Returns an artifact as values that can be compared, arrays and tables included."""
    if isinstance(value, ImageTable):
        records, images = value.records.to_dict("list"), list(value.encoded_images())
        return (records, value.classes, value.skipped_files, value.files_found, value.notes, images)
    if isinstance(value, PixelStore):
        return (value.image_ids, value.size, value.content_hash, value.pixels.tolist(), value.histograms.tolist())
    if isinstance(value, pd.DataFrame):
        return value.to_dict("list")
    if isinstance(value, ModelCard):
        # On a card an undefined number is None from the start of its way to JSON.
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.tolist())
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("kind", "make"), ARTIFACTS, ids=IDS)
def test_an_artifact_comes_back_as_it_went_in(kind: type[FileMaterializer], make: Callable[[], Any]) -> None:
    artifact = make()
    store = materializer(kind)
    store.save(artifact)
    loaded = store.load(type(artifact))
    assert type(loaded) is type(artifact)
    np.testing.assert_equal(plain(loaded), plain(artifact))


@pytest.mark.parametrize(("kind", "make"), ARTIFACTS, ids=IDS)
def test_a_loaded_artifact_has_the_content_hash_of_the_stored_one(
    kind: type[FileMaterializer], make: Callable[[], Any]
) -> None:
    artifact = make()
    store = materializer(kind)
    store.save(artifact)
    assert store.compute_content_hash(artifact)
    assert store.compute_content_hash(store.load(type(artifact))) == store.compute_content_hash(artifact)


@pytest.mark.parametrize(("kind", "make"), ARTIFACTS, ids=IDS)
def test_what_the_dashboard_shows_is_stored_beside_the_artifact(
    kind: type[FileMaterializer], make: Callable[[], Any]
) -> None:
    artifact = make()
    store = materializer(kind)
    store.save(artifact)
    for uri in store.save_visualizations(artifact):
        assert store.artifact_store.size(uri)
    store.extract_metadata(artifact)


def test_the_hash_of_a_model_follows_its_weights_and_not_its_times() -> None:
    model = trained_model()
    slower = dataclasses.replace(
        model,
        history=dataclasses.replace(
            model.history, epochs=(dataclasses.replace(model.history.epochs[0], seconds=99.0),)
        ),
    )
    other = dataclasses.replace(model, weights=b"other")
    store = materializer(TrainedModelMaterializer)
    assert store.compute_content_hash(slower) == store.compute_content_hash(model)
    assert store.compute_content_hash(other) != store.compute_content_hash(model)


def test_the_hash_of_a_training_record_follows_what_happened_and_not_how_long_it_took() -> None:
    record = TrainingRecord.of(trained_model())
    epoch = record.history.epochs[0]

    def with_epoch(**changes: float) -> TrainingRecord:
        epochs = (dataclasses.replace(epoch, **changes),)
        return dataclasses.replace(record, history=dataclasses.replace(record.history, epochs=epochs))

    store = materializer(TrainingRecordMaterializer)
    assert store.compute_content_hash(with_epoch(seconds=99.0)) == store.compute_content_hash(record)
    assert store.compute_content_hash(with_epoch(train_loss=99.0)) != store.compute_content_hash(record)


def test_images_and_pixels_are_linked_and_not_copied_on_a_local_store() -> None:
    store = materializer(PixelStoreMaterializer)
    store.save(PIXELS)
    loaded = store.load(PixelStore)
    original, stored = (handle.shards.local_path("pixels.npy") for handle in (PIXELS, loaded))
    assert original.samefile(stored)
    assert isinstance(loaded.pixels, np.memmap)
    store.save(PIXELS)
    assert original.stat().st_size == stored.stat().st_size > 0


def test_a_file_that_the_store_has_lost_is_told_with_the_way_out() -> None:
    store = materializer(NormalizationMaterializer)
    with pytest.raises(StorageError, match="--no-cache"):
        store.load(NormalizationStats)

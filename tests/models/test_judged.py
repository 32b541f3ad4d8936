import numpy as np
import pytest
import torch

from medimage.config.audit import AuditConfig
from medimage.config.split import SplitConfig
from medimage.config.training import DeviceName
from medimage.data.audit.audit_images import audit_images
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.errors import ConfigurationError
from medimage.machine import processor_name
from medimage.models.build import build_network, load_network
from medimage.models.history import TrainingHistory
from medimage.models.inference import predict_logits
from medimage.models.judged import predict_part, time_model
from medimage.models.state import pack_state
from medimage.models.trained_model import TrainedModel
from tests.support.images import encode, textured
from tests.support.training import specification

Data = tuple[ImageTable, Split, PixelStore]


@pytest.fixture(scope="module")
def data() -> Data:
    records = [
        ImageRecord(
            name=f"{label}/{number}.png",
            encoded=encode(textured(1000 * index + number)),
            label=label,
            group=f"{label}{number}",
        )
        for index, label in enumerate("ab")
        for number in range(20)
    ]
    table = ImageTable.write(records, classes=("a", "b"), skipped_files=())
    split = split_images(audit_images(table, AuditConfig(), color_mode="gray"), SplitConfig(), seed=0)
    return table, split, PixelStore.build(table, image_ids=split.image_ids, size=32, color_mode="gray")


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    spec = specification(classes=2)
    weights = pack_state(build_network(spec, seed=0).state_dict())
    return TrainedModel(spec=spec, weights=weights, last_weights=weights, history=TrainingHistory(), parameters=1)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_predictions_are_those_of_the_network_on_the_images_of_the_part(
    data: Data, model: TrainedModel, device: DeviceName
) -> None:
    _, split, pixels = data
    found = predict_part(model, pixels, split, part="test", device=device)
    images = pixels.part(split, "test")
    expected = predict_logits(load_network(model), images.pixels, batch_size=3, device=torch.device("cpu"))
    assert (found.part, found.image_ids) == ("test", images.image_ids)
    np.testing.assert_allclose(found.logits, expected, atol=1e-4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that the test misses")
def test_configured_device_is_used_and_not_another_one(data: Data, model: TrainedModel) -> None:
    _, split, pixels = data
    with pytest.raises(ConfigurationError, match=r"training\.device is 'cuda'"):
        predict_part(model, pixels, split, part="test", device="cuda")


def test_progress_names_the_part(
    data: Data, model: TrainedModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, split, pixels = data
    monkeypatch.setenv("FORCE_COLOR", "1")
    predict_part(model, pixels, split, part="validation", device="cpu")
    assert "Predicting validation images" in capsys.readouterr().err


def test_time_is_that_of_the_processor(data: Data, model: TrainedModel) -> None:
    table, split, _ = data
    latency = time_model(model, table, split, count=5)
    assert latency.images == 5
    assert latency.machine.startswith(processor_name())

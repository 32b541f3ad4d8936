import os
import socket
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
import timm
import torch
from safetensors.torch import save_file

from medimage.config.model import ModelConfig
from medimage.errors import WeightsError
from medimage.models.build import build_network
from medimage.models.weights import check_weights_available, load_pretrained_weights
from tests.support.training import specification

CHECK = """
import time
from medimage.config.model import ModelConfig
from medimage.errors import WeightsError
from medimage.models.weights import check_weights_available
started = time.monotonic()
try:
    check_weights_available(ModelConfig(name="resnet18"))
except WeightsError as error:
    print(error)
print(f"seconds={time.monotonic() - started}")
"""


def check_in_a_process(home: Path, **environment: str) -> tuple[str, float]:
    """Checks for weights in a process with an empty cache, because the hub's package reads its settings on import."""
    finished = subprocess.run(
        [sys.executable, "-c", CHECK],
        env={**os.environ, "HF_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    message, _, seconds = finished.stdout.strip().rpartition("seconds=")
    return message.strip(), float(seconds)


def assert_is_one_paragraph_with_three_ways_out(message: str) -> None:
    assert "\n" not in message
    assert "timm/resnet18" in message
    for way_out in ("network", "model.weights", "model.pretrained: false"):
        assert way_out in message


def test_offline_mode_is_told_at_once_with_the_ways_out(tmp_path: Path) -> None:
    message, _ = check_in_a_process(tmp_path, HF_HUB_OFFLINE="1")
    assert_is_one_paragraph_with_three_ways_out(message)
    assert "HF_HUB_OFFLINE" in message


def test_hub_that_accepts_and_stays_silent_is_given_up_within_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        message, seconds = check_in_a_process(tmp_path, HF_ENDPOINT=f"http://127.0.0.1:{server.getsockname()[1]}")
    assert_is_one_paragraph_with_three_ways_out(message)
    # Not a measure of speed: the hub's own client would still be retrying.
    assert seconds < 20


def test_name_that_cannot_be_looked_up_is_told_with_the_ways_out(tmp_path: Path) -> None:
    message, _ = check_in_a_process(tmp_path, HF_ENDPOINT="http://hub.invalid")
    assert_is_one_paragraph_with_three_ways_out(message)


def test_model_without_weights_on_the_hub_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"no pretrained weights of test_mambaout.*model\.weights"):
        check_weights_available(ModelConfig(name="test_mambaout"))


@pytest.fixture
def cached_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> timm.models.ResNet:
    """Fills a hub cache with the weights of a small model, in the layout the hub's package gives it."""
    donor = timm.create_model("test_resnet", num_classes=1000)
    repository = tmp_path / "models--timm--test_resnet.r160_in1k"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    save_file(donor.state_dict(), snapshot / "model.safetensors")
    lookup = huggingface_hub.try_to_load_from_cache
    monkeypatch.setattr(
        huggingface_hub,
        "try_to_load_from_cache",
        lambda *arguments, **keywords: lookup(*arguments, cache_dir=tmp_path, **keywords),
    )
    return donor


def test_cached_weights_need_no_network(cached_weights: timm.models.ResNet, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever asks the network for anything now fails.
    monkeypatch.setattr(socket, "getaddrinfo", None)
    model = ModelConfig(name="test_resnet", input_size=32)
    check_weights_available(model)
    network = build_network(specification(), seed=0)
    load_pretrained_weights(network, model)
    assert torch.equal(network.backbone.get_parameter("conv1.0.weight"), cached_weights.conv1[0].weight)


def test_damaged_cached_weights_are_told(cached_weights: timm.models.ResNet, tmp_path: Path) -> None:
    assert cached_weights is not None
    file = next(tmp_path.rglob("model.safetensors"))
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_pretrained_weights(build_network(specification(), seed=0), ModelConfig(name="test_resnet", input_size=32))

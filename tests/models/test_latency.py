import pytest
import torch

from medimage.models.build import build_network
from medimage.models.latency import time_network
from medimage.serving.classifier import threads_per_image
from tests.support.images import encode, textured
from tests.support.training import specification


@pytest.mark.parametrize("channels", [1, 3])
def test_latency_is_measured_from_encoded_images_with_the_threads_of_the_service(channels: int) -> None:
    network = build_network(specification(channels=channels), seed=0).train()
    threads = torch.get_num_threads()
    latency = time_network(network, [encode(textured(seed), "PNG") for seed in range(6)])
    assert 0 < latency.p50_ms <= latency.p95_ms
    assert latency.images == 6
    assert f", {threads_per_image()} thread" in latency.machine
    assert network.training
    assert torch.get_num_threads() == threads


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        time_network(build_network(specification(), seed=0), [])


def test_network_that_is_not_where_the_service_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="on the CPU"):
        time_network(build_network(specification(), seed=0).to("meta"), [encode(textured(0))])

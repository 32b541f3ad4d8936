import pytest

from medimage.models.build import build_network
from medimage.models.latency import measure_latency
from medimage.serving.preprocessing import decode_image, resize_image
from tests.support.images import encode, textured
from tests.support.training import specification


@pytest.mark.parametrize("channels", [1, 3])
def test_latency_is_measured_from_encoded_images(channels: int) -> None:
    network = build_network(specification(channels=channels), seed=0).train()
    encoded = [encode(textured(seed), "PNG") for seed in range(6)]
    latency = measure_latency(network, encoded, decode=decode_image, resize=resize_image)
    assert 0 < latency.p50_ms <= latency.p95_ms
    assert latency.images == 6
    assert "threads" in latency.machine
    assert network.training


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        measure_latency(build_network(specification(), seed=0), [], decode=decode_image, resize=resize_image)

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import timm
import torch
from torch import nn
from torchvision.transforms.v2 import functional as reference

from medimage.models.build import build_network
from medimage.models.network import Network
from tests.support.training import specification


def random_pixels(images: int, *, size: int = 32, channels: int = 1) -> torch.Tensor:
    values = np.random.default_rng(0).integers(0, 256, (images, size, size, channels), dtype=np.uint8)
    return torch.from_numpy(values)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("test_resnet", {}),
        ("test_vit", {}),
        ("mobilenetv3_small_050", {}),
        ("swin_tiny_patch4_window7_224", {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}),
    ],
)
def test_pooling_equals_that_of_timms_own_classifier(name: str, options: dict[str, Any]) -> None:
    size = 64
    network = build_network(specification(name, size=size, channels=3, options=options), seed=3).eval()
    sized = {"img_size": size} if timm.get_pretrained_cfg(name).fixed_input_size else {}
    whole = timm.create_model(name, num_classes=3, **sized, **options).eval()
    whole.load_state_dict(network.backbone.state_dict(), strict=False)
    whole.get_classifier().load_state_dict(network.head[0].state_dict())
    pixels = random_pixels(2, size=size, channels=3)
    with torch.no_grad():
        torch.testing.assert_close(network(pixels), whole(network.prepare(pixels)))


@pytest.mark.parametrize("channels", [1, 3])
def test_normalization_equals_torchvisions(channels: int) -> None:
    network = build_network(specification(channels=channels), seed=0)
    pixels = random_pixels(2, channels=channels)
    stats = network.spec.normalization
    scaled = reference.to_dtype(pixels.permute(0, 3, 1, 2), torch.float32, scale=True)
    expected = reference.normalize(scaled, list(stats.mean), list(stats.std)).expand(-1, 3, -1, -1)
    torch.testing.assert_close(network.prepare(pixels), expected)


def test_statistics_are_not_among_the_weights() -> None:
    assert not [key for key in build_network(specification(), seed=0).state_dict() if key.startswith("pixel")]


def test_modules_without_trained_parameters_stay_in_evaluation_mode() -> None:
    network = build_network(specification(head="medical"), seed=0)
    network.backbone.requires_grad_(False)
    network.train()
    assert not any(module.training for module in network.backbone.modules())
    assert all(module.training for module in network.head.modules())
    assert not any(module.training for module in network.eval().modules())


def test_partly_frozen_network_trains_only_the_batch_norms_that_are_not_frozen() -> None:
    network = build_network(specification(), seed=0)
    network.backbone.requires_grad_(False)
    network.backbone.get_submodule("layer4").requires_grad_(True)
    network.train()
    modes = {
        name.split(".")[0]: module.training
        for name, module in network.backbone.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }
    assert modes.pop("layer4") is True
    assert set(modes.values()) == {False}


@pytest.mark.parametrize(("name", "size"), [("test_resnet", 32), ("test_vit", 32)])
def test_network_exports_to_onnx_from_uint8_with_any_batch_size(name: str, size: int, tmp_path: Path) -> None:
    network: Network = build_network(specification(name, head="medical", size=size), seed=0).eval()
    file = tmp_path / "network.onnx"
    torch.onnx.export(
        network,
        (random_pixels(2, size=size),),
        str(file),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        verbose=False,
    )
    pixels = random_pixels(5, size=size)
    session = onnxruntime.InferenceSession(file)
    (logits,) = session.run(None, {session.get_inputs()[0].name: pixels.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(logits, network(pixels).numpy(), atol=1e-5)

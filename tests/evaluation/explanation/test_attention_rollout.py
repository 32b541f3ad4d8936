from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import softmax

from medimage.evaluation.explanation.attention_rollout import attention_rollout, roll_out
from medimage.evaluation.explanation.heat_maps import CannotExplainError
from medimage.models.build import build_network
from medimage.models.network import Network
from tests.support.training import specification

VIT = {"depth": 2}


def network_of(name: str, size: int, options: dict[str, Any], *, seed: int = 1) -> Network:
    return build_network(specification(name, size=size, options=options), seed=seed).eval()


def noise(size: int, count: int = 2) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 1), dtype=np.uint8)


def attention_by_hand(network: Network, pixels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Returns each layer's attention, mean over heads, from the formula of Vaswani et al. (2017) in numpy."""
    found = []

    def compute(module: Any, arguments: tuple[torch.Tensor, ...]) -> None:
        tokens = arguments[0].double().numpy()
        images, count, width = tokens.shape
        weight, bias = module.qkv.weight.double().numpy(), module.qkv.bias.double().numpy()
        mixed = (tokens @ weight.T + bias).reshape(images, count, 3, module.num_heads, width // module.num_heads)
        queries, keys = mixed[:, :, 0].swapaxes(1, 2), mixed[:, :, 1].swapaxes(1, 2)
        scores = queries @ keys.swapaxes(2, 3) / np.sqrt(width / module.num_heads)
        found.append(softmax(scores, axis=3).mean(axis=1))

    handles = [block.attn.register_forward_pre_hook(compute) for block in network.backbone.blocks]  # type: ignore
    with torch.no_grad():
        network(torch.from_numpy(pixels))
    for handle in handles:
        handle.remove()
    return found


def scaled(grid: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    above = torch.from_numpy(grid - grid.min(axis=(1, 2), keepdims=True))[:, None].float()
    large = torch.nn.functional.interpolate(above, size=(size, size), mode="bilinear")[:, 0].numpy()
    return large / large.max(axis=(1, 2), keepdims=True)


def test_map_of_a_class_token_equals_the_product_of_matrices_by_hand() -> None:
    network, pixels = network_of("vit_tiny_patch16_224", 64, VIT), noise(64)
    first, second = attention_by_hand(network, pixels)
    one = np.eye(17)
    rolled = (0.5 * second + 0.5 * one) @ (0.5 * first + 0.5 * one)
    found = attention_rollout(network, pixels, np.array([0, 1]))
    np.testing.assert_allclose(found.maps, scaled(rolled[:, 0, 1:].reshape(2, 4, 4), 64), atol=1e-4)
    assert found.cells == 4
    assert found.layer == "the attention of 2 layers"


def test_map_of_averaged_patches_is_the_mean_of_their_rows() -> None:
    options = {"depth": 2, "global_pool": "avg"}
    network, pixels = network_of("vit_tiny_patch16_224", 64, options), noise(64)
    first, second = attention_by_hand(network, pixels)
    one = np.eye(17)
    rolled = (0.5 * second + 0.5 * one) @ (0.5 * first + 0.5 * one)
    found = attention_rollout(network, pixels, np.array([0, 1]))
    np.testing.assert_allclose(found.maps, scaled(rolled[:, 1:].mean(axis=1)[:, 1:].reshape(2, 4, 4), 64), atol=1e-4)


def test_map_of_two_class_tokens_is_the_mean_of_both() -> None:
    network, pixels = network_of("deit_tiny_distilled_patch16_224", 64, VIT), noise(64)
    first, second = attention_by_hand(network, pixels)
    one = np.eye(18)
    rolled = (0.5 * second + 0.5 * one) @ (0.5 * first + 0.5 * one)
    found = attention_rollout(network, pixels, np.array([0, 1]))
    np.testing.assert_allclose(found.maps, scaled(rolled[:, :2].mean(axis=1)[:, 2:].reshape(2, 4, 4), 64), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [
        ("beit_base_patch16_224", 64, {"depth": 2, "embed_dim": 64, "num_heads": 2}),
        ("eva02_tiny_patch14_224", 56, {"depth": 2}),
        ("vit_small_patch14_reg4_dinov2", 56, {"depth": 2, "embed_dim": 64, "num_heads": 2}),
    ],
)
def test_other_transformers_with_a_class_token_are_served(name: str, size: int, options: dict[str, Any]) -> None:
    found = attention_rollout(network_of(name, size, options), noise(size), np.array([0, 1]))
    assert found.maps.shape == (2, size, size)
    assert found.maps.max(axis=(1, 2)) == pytest.approx(np.ones(2), abs=1e-6)
    assert found.cells == 4


def test_network_is_left_as_it_was() -> None:
    network, pixels = network_of("vit_tiny_patch16_224", 64, VIT), noise(64)
    before = [block.attn.fused_attn for block in network.backbone.blocks]  # type: ignore
    with torch.no_grad():
        answer = network(torch.from_numpy(pixels))
        attention_rollout(network, pixels, np.array([0, 1]))
        assert torch.equal(network(torch.from_numpy(pixels)), answer)
    assert [block.attn.fused_attn for block in network.backbone.blocks] == before == [True, True]  # type: ignore
    assert not any(block.attn.attn_drop._forward_hooks for block in network.backbone.blocks)  # type: ignore


def test_map_does_not_depend_on_the_class_or_on_the_other_images() -> None:
    network, pixels = network_of("vit_tiny_patch16_224", 64, VIT), noise(64, 6)
    together = attention_rollout(network, pixels, np.zeros(6, dtype=np.int64)).maps
    alone = attention_rollout(network, pixels[5:], np.array([2])).maps
    np.testing.assert_allclose(together[5], alone[0], atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 9))
def test_rollout_of_means_is_a_mean(seed: int, layers: int, tokens: int) -> None:
    generator = np.random.default_rng(seed)
    attention = [torch.from_numpy(generator.dirichlet(np.ones(tokens), (2, tokens))) for _ in range(layers)]
    rolled = roll_out(attention)
    np.testing.assert_allclose(rolled.sum(dim=2), np.ones((2, tokens)), atol=1e-6)
    assert (rolled >= 0).all()


def test_rollout_follows_a_token_that_is_passed_on_from_layer_to_layer() -> None:
    # The first layer moves token 2 to token 1, the second moves token 1 to token 0.
    first, second = torch.eye(3)[None].clone(), torch.eye(3)[None].clone()
    first[0, 1] = torch.tensor([0.0, 0.0, 1.0])
    second[0, 0] = torch.tensor([0.0, 1.0, 0.0])
    assert roll_out([first, second])[0, 0].tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("name", "size", "options", "reason"),
    [
        ("test_resnet", 64, {}, "no vision transformer"),
        ("mixer_s32_224", 224, {}, "no vision transformer"),
        ("swin_tiny_patch4_window7_224", 64, {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}, "no vision"),
        ("xcit_nano_12_p16_224", 64, {"depth": 2}, "from all tokens to all tokens|does not end|tokens"),
        ("vit_base_patch16_siglip_224", 64, {"depth": 1, "embed_dim": 64, "num_heads": 2}, "pools its tokens by atten"),
    ],
)
def test_networks_for_which_it_is_not_defined_are_refused_with_the_reason(
    name: str, size: int, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CannotExplainError, match=reason):
        attention_rollout(network_of(name, size, options), noise(size), np.array([0, 1]))

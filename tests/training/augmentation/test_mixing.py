import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.stats import beta, binomtest, kstest
from torchvision.transforms import v2

from medimage.config.mixing import MixingConfig
from medimage.training.augmentation.mixing import Mixing

CLASSES = 3


def batch(images: int = 6, *, channels: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    pixels = torch.rand(images, channels, 20, 24, generator=generator) * 255
    return pixels, torch.arange(images) % CLASSES


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        (MixingConfig(mixup=0.4), v2.MixUp(alpha=0.4, num_classes=CLASSES)),
        (MixingConfig(cutmix=1.0), v2.CutMix(alpha=1.0, num_classes=CLASSES)),
    ],
)
def test_batches_are_those_of_torchvision_with_the_same_draws(
    config: MixingConfig, theirs: v2.Transform, channels: int
) -> None:
    images, labels = batch(channels=channels)
    mixed, shares = Mixing(config, classes=CLASSES)(images, labels, generator=generator())
    # The same numbers drawn again: whether, which way, and the seed that torchvision draws from.
    again = generator()
    torch.rand((), generator=again)
    torch.randint(1, (), generator=again)
    torch.manual_seed(int(torch.randint(2**63 - 1, (), generator=again)))
    expected_images, expected_shares = theirs(images, labels)
    assert torch.equal(mixed, expected_images)
    assert torch.equal(shares, expected_shares)
    assert not torch.equal(mixed, images)


def test_shares_say_what_an_image_is_made_of() -> None:
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 8, 8).contiguous()
    mixed, shares = Mixing(MixingConfig(mixup=1.0), classes=4)(images, torch.arange(4), generator=generator())
    torch.testing.assert_close(mixed.mean((1, 2, 3)), shares @ torch.arange(4.0))
    torch.testing.assert_close(shares.sum(1), torch.ones(4))


def test_shares_of_cutmix_are_areas() -> None:
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 16, 16).contiguous()
    for seed in range(20):
        mixed, shares = Mixing(MixingConfig(cutmix=1.0), classes=4)(images, torch.arange(4), generator=generator(seed))
        assert set(mixed.unique().tolist()) <= {0.0, 1.0, 2.0, 3.0}
        torch.testing.assert_close(mixed.mean((1, 2, 3)), shares @ torch.arange(4.0))


def test_share_of_the_other_image_has_its_beta_distribution() -> None:
    images, labels = torch.zeros(2, 1, 2, 2), torch.tensor([0, 1])
    mixing, draws = Mixing(MixingConfig(mixup=0.4), classes=2), generator()
    shares = [mixing(images, labels, generator=draws)[1][0, 0].item() for _ in range(1500)]
    assert kstest(shares, beta(0.4, 0.4).cdf).pvalue > 0.001


def test_each_way_and_no_way_have_their_probability() -> None:
    images, labels = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 1, 16, 16).contiguous(), torch.tensor([0, 1])
    mixing, draws = Mixing(MixingConfig(mixup=1.0, cutmix=1.0, probability=0.6), classes=2), generator()
    kinds = {"none": 0, "mixup": 0, "cutmix": 0}
    for _ in range(1500):
        mixed, targets = mixing(images, labels, generator=draws)
        if targets.ndim == 1:
            assert torch.equal(mixed, images)
            kinds["none"] += 1
        else:
            kinds["cutmix" if set(mixed.unique().tolist()) <= {0.0, 1.0} else "mixup"] += 1
    assert binomtest(kinds["none"], 1500, 0.4).pvalue > 0.001
    assert binomtest(kinds["mixup"], 1500, 0.3).pvalue > 0.001


def test_draws_come_from_the_generator_and_leave_pytorchs_own_alone() -> None:
    images, labels = batch()
    mixing = Mixing(MixingConfig(mixup=0.4, cutmix=1.0), classes=CLASSES)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = mixing(images, labels, generator=generator(5))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    second, other = (mixing(images, labels, generator=generator(seed)) for seed in (5, 6))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])


def test_inputs_are_left_as_they_are() -> None:
    images, labels = batch()
    Mixing(MixingConfig(cutmix=1.0), classes=CLASSES)(images, labels, generator=generator())
    assert torch.equal(images, batch()[0])
    assert np.array_equal(labels, batch()[1])


@pytest.mark.parametrize("settings", [{}, {"mixup": 0.0, "cutmix": 0.0}, {"mixup": 0.2, "probability": 0.0}])
def test_section_that_mixes_nothing_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="mixing mixes nothing"):
        MixingConfig(**settings)

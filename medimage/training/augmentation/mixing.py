"""Images of a batch mixed with each other, by torchvision's MixUp and CutMix."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torchvision.transforms import v2

from medimage.config.mixing import MixingConfig


class Mixing:
    """Mixes batches as a recipe says.

    MixUp: H. Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018. CutMix: S. Yun et al., CutMix:
    Regularization Strategy to Train Strong Classifiers with Localizable Features, 2019. Each image is mixed with the
    one before it in its batch, all by the same share.

    Args:
        config: What is mixed, and how much.
        classes: Number of classes.
    """

    def __init__(self, config: MixingConfig, *, classes: int) -> None:
        self._probability = config.probability
        self._ways: list[v2.Transform] = []
        if config.mixup > 0:
            self._ways.append(v2.MixUp(alpha=config.mixup, num_classes=classes))
        if config.cutmix > 0:
            self._ways.append(v2.CutMix(alpha=config.cutmix, num_classes=classes))

    def __call__(self, images: Tensor, labels: Tensor, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Mixes a batch, or leaves it as it is.

        Args:
            images: Float [batch, channels, height, width].
            labels: int64 [batch].
            generator: Source of randomness, on the CPU.

        Returns:
            The images, and the share of each class in each of them, float32 [batch, classes]; where the batch is not
            mixed, the labels as they came.
        """
        if float(torch.rand((), generator=generator)) >= self._probability:
            return images, labels
        way = self._ways[int(torch.randint(len(self._ways), (), generator=generator))]
        with _drawing_from(generator):
            return way(images, labels)


@contextmanager
def _drawing_from(generator: torch.Generator) -> Iterator[None]:
    """Lets torchvision, which draws from PyTorch's own generator of the CPU, draw from another one."""
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        # `torch.manual_seed` would seed the accelerator too, from which dropout draws.
        torch.default_generator.manual_seed(seed)
        yield

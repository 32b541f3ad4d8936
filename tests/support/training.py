"""Small images, small networks and small recipes for the tests of models and training."""

from typing import Any

import numpy as np
import torch

from medimage.config.model import FlipName, ModelConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.statistics import NormalizationStats
from medimage.models.trained_model import ModelSpec

SIZE = 32
SMALL = ModelConfig(name="test_resnet", pretrained=False, head="linear", input_size=SIZE)


def bright_quarters(
    images: int, *, seed: int, size: int = SIZE, channels: int = 1, classes: tuple[str, ...] = ("left", "right")
) -> LabelledPixels:
    """Returns noise in which the class is the side, left or right, that is brighter; more classes are other rows."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(images) % len(classes)).astype(np.int64)
    pixels = generator.integers(0, 100, (images, size, size, channels), dtype=np.uint8)
    half = size // 2
    for image, label in zip(pixels, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[row * half : (row + 1) * half, column * half : (column + 1) * half] += 100
    names = tuple(f"{seed}-{index}" for index in range(images))
    return LabelledPixels(image_ids=names, groups=names, pixels=pixels, labels=labels, classes=classes)


def statistics(*, size: int = SIZE, channels: int = 1) -> NormalizationStats:
    """Returns about the statistics of `bright_quarters`."""
    return NormalizationStats(
        mean=(0.3, 0.25, 0.2)[:channels],
        std=(0.2, 0.15, 0.25)[:channels],
        input_size=size,
        images=10,
        source="training",
    )


def specification(
    timm_name: str = "test_resnet",
    *,
    head: str = "linear",
    classes: int = 3,
    size: int = SIZE,
    channels: int = 1,
    options: dict[str, Any] | None = None,
    test_time_augmentation: tuple[FlipName, ...] = (),
) -> ModelSpec:
    """Returns the specification of a network."""
    return ModelSpec(
        name=timm_name,
        timm_name=timm_name,
        head=head,
        classes=tuple("abcdefgh"[:classes]),
        input_size=size,
        channels=channels,
        normalization=statistics(size=size, channels=channels),
        options=options or {},
        test_time_augmentation=test_time_augmentation,
    )


def short_recipe(**changes: Any) -> TrainingConfig:
    """Returns one epoch of the head and one of everything, in float32, without augmentation."""
    defaults: dict[str, Any] = {
        "stage1": StageConfig(epochs=1, trainable="head", optimizer="adam", learning_rate=1e-2),
        "stage2": StageConfig(epochs=1, learning_rate=1e-3),
        "precision": "fp32",
        "device": "cpu",
    }
    return TrainingConfig(**{**defaults, **changes})


class TensorOnMps(torch.Tensor):
    """A tensor that says it is on MPS, and refuses float64 as MPS does; what is brought to the CPU is a plain one."""

    device = property(lambda _: torch.device("mps"))  # type: ignore[assignment]

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Runs the function, and looks at the type of what it gives."""
        result: Any = super().__torch_function__(func, types, args, kwargs or {})
        if func is torch.Tensor.cpu:
            return result.as_subclass(torch.Tensor)
        if isinstance(result, cls) and result.dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64."
            )
        return result

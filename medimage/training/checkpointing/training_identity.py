"""What decides the result of a stage of training: two that are alike in this give the same weights."""

import hashlib
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from medimage.config.training import StageNumber, TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.network import Network
from medimage.models.timm_library import timm
from medimage.training.stage_setting import StageSetting

_NOT_DECISIVE: Final = ("checkpoints", "batch_size", "batch_sizes")
"""Settings of a recipe. Of the batch sizes, the one that is trained with stands beside the recipe."""

_SAMPLED_BYTES: Final = 2**26
"""Pixels that are hashed at most. Ids are hashes of the encoded images, so what else can differ is how all of them
were decoded and resized, which shows in some as in all."""


def training_identity(
    network: Network,
    *,
    stage: StageNumber,
    training: TrainingConfig,
    setting: StageSetting,
    train: LabelledPixels,
    validation: LabelledPixels,
    code: str,
) -> dict[str, Any]:
    """Returns all that decides the result of a stage, ready for JSON.

    Args:
        network: The network, with the weights that the stage begins with.
        stage: 1 or 2.
        training: The recipe.
        setting: Where, in which numbers and in which batches the stage computes.
        train: Training images.
        validation: Validation images.
        code: Hash of the code that trains; empty where nobody says.
    """
    recipe = training.for_stage(stage).model_dump(mode="json")
    return {
        "classes": list(network.spec.classes),
        "network": network.spec.to_dict(),
        "weights before": _weights_digest(network),
        "training images": _images_digest(train),
        "validation images": _images_digest(validation),
        "recipe": {name: value for name, value in recipe.items() if name not in _NOT_DECISIVE},
        "stage": stage,
        "seed": setting.seed,
        "batch size": setting.batch_size,
        "device": setting.device.type,
        "precision": setting.precision,
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
        "code": code,
    }


def _weights_digest(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for key, value in network.state_dict().items():
        digest.update(f"{key} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _images_digest(images: LabelledPixels) -> str:
    digest = hashlib.sha256("\n".join(images.image_ids).encode())
    digest.update(f"{list(images.pixels.shape)}".encode())
    digest.update(np.ascontiguousarray(images.labels).tobytes())
    for row in _sampled_rows(images):
        digest.update(np.ascontiguousarray(images.pixels[row]).tobytes())
    return digest.hexdigest()


def _sampled_rows(images: LabelledPixels) -> list[int]:
    if len(images) == 0:
        return []
    size = int(np.prod(images.pixels.shape[1:]))
    return np.unique(
        np.linspace(0, len(images) - 1, max(1, min(len(images), _SAMPLED_BYTES // size))).astype(int)
    ).tolist()

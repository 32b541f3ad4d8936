"""Small checkpoints in folders."""

from pathlib import Path

import torch

from medimage.training.checkpointing.checkpoint import Checkpoint
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.checkpointing.checkpoints import Checkpoints

IDENTITY = {"classes": ["ill", "well"], "training images": "1f", "recipe": {"scale": (0.9, 1.1)}}


def checkpoint(epoch: int, *, size: int = 3) -> Checkpoint:
    """Returns a checkpoint whose content is that of its epoch."""
    tensors = {
        "network.weight": torch.arange(size, dtype=torch.float32) + epoch,
        "optimizer.0.step": torch.tensor(float(epoch)),
        "network.seen": torch.tensor(epoch, dtype=torch.int64),
    }
    return Checkpoint(epoch=epoch, tensors=tensors, values={"loss": 0.1 + epoch / 3, "best": None})


def opened(folder: Path, identity: dict[str, object] = IDENTITY) -> Checkpoints:
    """Returns the checkpoints of a training, kept in a folder."""
    return Checkpoints(CheckpointFolder(folder), identity=identity)


def saved(folder: Path, *epochs: int) -> list[Path]:
    """Saves checkpoints and returns the files that are left, by epoch."""
    for epoch in epochs:
        opened(folder).save(checkpoint(epoch))
    return sorted(folder.rglob("*.safetensors"))


def assert_equal(found: Checkpoint | None, expected: Checkpoint) -> None:
    """Requires that a checkpoint was found, and that it is the expected one in all its parts."""
    assert found is not None
    assert (found.epoch, found.values) == (expected.epoch, expected.values)
    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)

from pathlib import Path

import numpy as np
import pytest
import torch

from medimage.data.pixel_rows import PixelRows
from medimage.training.inputs import resident
from medimage.training.inputs.resident import RESIDENT_SHARE, free_memory, hold_on_device

CPU = torch.device("cpu")


def pixels(images: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (images, 8, 8, 1), dtype=np.uint8)


def test_inputs_are_held_where_their_share_of_the_memory_suffices() -> None:
    needed = int(pixels().nbytes / RESIDENT_SHARE)
    held = hold_on_device(pixels(), device=CPU, free_bytes=needed)
    assert held is not None
    assert torch.equal(held, torch.from_numpy(pixels()))
    assert hold_on_device(pixels(), device=CPU, free_bytes=needed - 1) is None


def test_cpu_holds_nothing_twice() -> None:
    assert free_memory(CPU) is None
    assert hold_on_device(pixels(), device=CPU) is None


def test_mapped_rows_are_copied_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "pixels.npy", pixels())
    rows = np.random.default_rng(1).permutation(40)[:23]
    monkeypatch.setattr(resident, "_CHUNK_BYTES", 5 * 64)
    mapped = PixelRows(np.load(tmp_path / "pixels.npy", mmap_mode="r"), rows)
    held = hold_on_device(mapped, device=CPU, free_bytes=10**9)
    assert held is not None
    assert torch.equal(held, torch.from_numpy(pixels()[rows]))


def test_features_keep_their_type() -> None:
    features = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    held = hold_on_device(features, device=CPU, free_bytes=10**6)
    assert held is not None
    assert held.dtype == torch.float32
    assert np.array_equal(held.numpy(), features)

"""Pooled features of a frozen backbone, computed once and kept."""

import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.errors import StorageError
from medimage.models.device import Precision, mixed_precision
from medimage.models.folded_features import folded_features
from medimage.models.network import Network
from medimage.training.forward import channels_last

MEMORY_BYTES: Final = 2**30
"""Features of all views together up to this size are kept in memory; further views go to temporary files.

They are float32, as the head takes them: 100,000 images with 1,280 features are 0.5 GB a view.
"""


def compute_features(
    network: Network,
    images: Iterable[Tensor],
    *,
    count: int,
    precision: Precision,
    memory_bytes: int,
    on_batch: Callable[[], None],
) -> NDArray[np.float32]:
    """Runs the backbone over images, in evaluation mode.

    Args:
        network: Network with a frozen backbone.
        images: Batches of normalised images, float [batch, 3, height, width].
        count: Number of images.
        precision: Arithmetic of the backbone.
        memory_bytes: Features up to this size are kept in memory, larger ones in a temporary file that is gone with
            the process.
        on_batch: Called after each batch.

    Returns:
        float32 [images, width].

    Raises:
        StorageError: If there is no room for the file.
        ValueError: If there is no image.
    """
    network.eval()
    pooled_features = folded_features(network.backbone)
    kept: _Memory | _File | None = None
    with torch.no_grad():
        for batch in images:
            with mixed_precision(precision, device=batch.device):
                pooled = pooled_features(channels_last(batch))
            features = pooled.float().cpu().numpy()
            if kept is None:
                kept = _Memory() if count * features[:1].nbytes <= memory_bytes else _File()
            kept.add(features)
            on_batch()
    if kept is None:
        raise ValueError("Expected images to compute features of but there are none")
    return kept.result()


class _Memory:
    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []

    def add(self, features: NDArray[np.float32]) -> None:
        self._parts.append(features)

    def result(self) -> NDArray[np.float32]:
        return np.concatenate(self._parts)


class _File:
    """A file without a name, which the system removes when nothing uses it any more, however the process ends."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="medimage-features-")  # noqa: SIM115 (`result` closes it)
        self._shape = (0, 0)

    def add(self, features: NDArray[np.float32]) -> None:
        try:
            self._file.write(np.ascontiguousarray(features).tobytes())
            self._file.flush()
        except OSError as error:
            raise StorageError(
                f"Features of the training images do not fit into {tempfile.gettempdir()} ({error}). Make room there, "
                "set TMPDIR to a folder on a larger disk, or set a smaller feature_views."
            ) from error
        self._shape = (self._shape[0] + len(features), features.shape[1])

    def result(self) -> NDArray[np.float32]:
        with self._file:
            return np.memmap(self._file, dtype=np.float32, mode="r", shape=self._shape)

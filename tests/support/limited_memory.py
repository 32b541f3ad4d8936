"""Training in a process that may not take much more memory than it has."""

import multiprocessing
import resource
from pathlib import Path

from medimage.config.stage import StageConfig
from medimage.models.trained_model import TrainedModel
from tests.support.trained_stages import run
from tests.support.training import SMALL, bright_quarters, short_recipe, statistics

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

_SIZE = 96
_EXTRA = 100 * 2**20
"""Batches of 8 such images need about as much; batches of 64 five times that."""


def train_on_large_images(*, batch_size: int, accumulation: int = 1) -> TrainedModel:
    """Trains for an epoch on 64 images."""
    return run(
        2,
        short_recipe(stage2=StageConfig(epochs=1, learning_rate=1e-3), accumulation=accumulation),
        train=bright_quarters(64, seed=1, size=_SIZE),
        validation=bright_quarters(8, seed=2, size=_SIZE),
        normalization=statistics(size=_SIZE),
        model=SMALL.model_copy(update={"input_size": _SIZE}),
        batch_size=batch_size,
    )


def train_with_little_memory(folder: Path, *, batch_size: int) -> tuple[bytes, int]:
    """Trains in a process of its own, and returns the last weights and the batch size that it came to."""
    process = _CONTEXT.Process(target=_train, args=(folder, batch_size))
    process.start()
    process.join()
    assert process.exitcode == 0
    return (folder / "weights").read_bytes(), int((folder / "batch_size").read_text())


def _train(folder: Path, batch_size: int) -> None:
    # Threads, and what libraries keep, are there already when the limit is set.
    train_on_large_images(batch_size=2)
    limit = _used_bytes() + _EXTRA
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    trained = train_on_large_images(batch_size=batch_size)
    (folder / "weights").write_bytes(trained.last_weights)
    (folder / "batch_size").write_text(str(trained.history.stages[0].batch_size))


def _used_bytes() -> int:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize:"))
    return int(line.split()[1]) * 1024

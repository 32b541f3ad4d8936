"""Balanced accuracy of a recipe on real images, on splits that no group crosses and on ones that ignore groups."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.measurement import Measurement
from benchmarks.support.private_workspace import private_workspace
from benchmarks.support.real_images import folder, weights
from benchmarks.support.trained_recipe import train_recipe
from benchmarks.support.workers import open_workers
from medimage.config.loading import parse_run_arguments
from medimage.config.run import RunConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.models.judged import predict_part
from medimage.serving.cores import available_cores
from pipelines.audited_data import read_and_audit

SEEDS = (1, 2, 3)
_RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How one seed did.

    Attributes:
        recalls: Share of each class's held-out images that are recognised, float64 [classes].
        minutes: Time for training.
    """

    recalls: NDArray[np.float64]
    minutes: float

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls."""
        return float(self.recalls.mean())


def measure_recipe(data_set: str, *, target: float, seeds: tuple[int, ...] = SEEDS) -> Measurement:
    """Trains a recipe with several seeds, each with its own split, and judges it on images held out.

    The same recipe is trained on splits by single images as well, as many publications have them: near-duplicates and
    images of one patient are then on both sides. What it gains is not accuracy.

    As many trainings run side by side as there are cores: small networks make more of a core each than of all together.

    Args:
        data_set: A folder of real images, and the recipe of that name.
        target: Mean balanced accuracy that the recipe must reach on grouped splits.
        seeds: Seeds of split, first weights and training.
    """
    with private_workspace():
        config = _recipe(data_set)
        table, audit = read_and_audit(config)
        pixels = PixelStore.build(
            table,
            image_ids=audit.usable["image_id"].tolist(),
            size=config.model.input_size or 0,
            color_mode=config.data.color_mode,
        )
        lines = [f"{data_set}: {len(pixels.image_ids)} images in {audit.usable['group'].nunique()} groups"]
        divided = {"grouped": audit, "leaky": _each_image_alone(audit)}
        tasks = [(name, seed) for name in divided for seed in seeds]
        values = {task: judged.balanced_accuracy for task, judged in _judge_all(config, pixels, divided, tasks)}
        lines.append(f"trained {_side_by_side(len(tasks))} at a time, on {available_cores()} cores")
        means = {}
        for name in divided:
            reached = [values[name, seed] for seed in seeds]
            means[name] = statistics.mean(reached)
            deviation = f" ± {statistics.stdev(reached):.3f}" if len(reached) > 1 else ""
            lines.append(
                f"{name} splits: {means[name]:.3f}{deviation} over {len(reached)} seeds "
                f"({', '.join(f'{value:.3f}' for value in reached)})"
            )
        lines.append(f"inflation by ignoring groups: {means['leaky'] - means['grouped']:+.3f}")
    return Measurement(
        name=f"{data_set} balanced accuracy on held-out images",
        measured=means["grouped"],
        target=target,
        unit="share",
        direction="at_least",
        details=tuple(lines),
    )


def _side_by_side(tasks: int) -> int:
    return min(tasks, available_cores())


def _judge_all(
    config: RunConfig, pixels: PixelStore, divided: Mapping[str, DataAudit], tasks: Sequence[tuple[str, int]]
) -> Iterator[tuple[tuple[str, int], Judged]]:
    """Yields each name of a division and seed with how they did, in the order in which they are done."""
    at_once = _side_by_side(len(tasks))
    with open_workers(at_once, threads=available_cores() // at_once) as trainings:
        started = {
            trainings.submit(_judge, config, pixels, divided[name], seed=seed): (name, seed) for name, seed in tasks
        }
        try:
            for finished in as_completed(started):
                name, seed = started[finished]
                judged = finished.result()
                told = _describe(judged, divided[name])
                print(f"{config.problem}, {name} split, seed {seed}: {told}", flush=True)
                yield (name, seed), judged
        except BaseException:
            # Without this, the error would be told when all others are trained, hours later.
            trainings.shutdown(wait=False, cancel_futures=True)
            raise


def _recipe(data_set: str) -> RunConfig:
    return parse_run_arguments(
        [
            *("--config", str(_RECIPES / f"{data_set}.yaml"), "--data.path", str(folder() / data_set)),
            *("--model.weights", str(weights())),
        ],
        program="python -m benchmarks",
        description="",
    ).config


def _each_image_alone(audit: DataAudit) -> DataAudit:
    images = audit.images
    return DataAudit(**{**vars(audit), "images": images.assign(group=images["image_id"], patient="")})


def _judge(config: RunConfig, pixels: PixelStore, audit: DataAudit, *, seed: int) -> Judged:
    start = time.perf_counter()
    labels, chosen = [], []
    for split in _splits(config.split, audit, seed=seed):
        test = predict_part(train_recipe(config, pixels, split, seed=seed), pixels, split, part="test", device="cpu")
        labels.append(test.labels)
        chosen.append(test.logits.argmax(axis=1))
    actual, said = np.concatenate(labels), np.concatenate(chosen)
    recalls = np.asarray([np.mean(said[actual == label] == label) for label in range(len(audit.classes))])
    return Judged(recalls=recalls, minutes=(time.perf_counter() - start) / 60)


def _splits(config: SplitConfig, audit: DataAudit, *, seed: int) -> Iterator[Split]:
    if config.folds is None:
        yield split_images(audit, config, seed=seed)
        return
    for fold in range(config.folds):
        yield split_images(audit, config.model_copy(update={"test_fold": fold}), seed=seed)


def _describe(judged: Judged, audit: DataAudit) -> str:
    by_class = ", ".join(f"{name} {value:.2f}" for name, value in zip(audit.classes, judged.recalls, strict=True))
    return f"{judged.balanced_accuracy:.3f} ({by_class}) in {judged.minutes:.1f} min"

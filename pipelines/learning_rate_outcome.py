"""From a configuration to a sweep over learning rates, and what it says."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from medimage.config.run import RunConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.config.training import StageNumber
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_store import PixelStore
from medimage.data.statistics import NormalizationStats
from medimage.evaluation.figures.learning_rate_curve import draw_learning_rate_curve
from medimage.models.architectures import find_architecture
from medimage.models.build import build_network, specify_network
from medimage.models.device import resolve_device, resolve_precision
from medimage.models.input_size import resolve_input_size
from medimage.models.normalization_choice import choose_normalization
from medimage.models.table_defaults import resolve_learning_rates, resolve_normalization
from medimage.models.weights import check_weights_available, load_pretrained_weights
from medimage.progress import track
from medimage.training.determinism import reproducible
from medimage.training.failures import explained_failures
from medimage.training.finders.batch_size_finder import find_batch_size
from medimage.training.finders.learning_rate_finder import STEPS, sweep_learning_rates
from medimage.training.finders.learning_rate_sweep import Sweep
from medimage.training.preflight import require_fitting
from medimage.training.stage_setting import StageSetting
from pipelines.audited_data import divide, read_and_audit
from pipelines.run_settings import batch_size_here, saved_normalization

_ANY_RATE = 1e-4
"""Where neither recipe nor table names one: a sweep needs the ratio of head to backbone, and this gives both alike."""


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """A sweep, and what of it is set in a configuration.

    Attributes:
        sweep: Losses over learning rates.
        stage: The stage that was swept.
        backbone_ratio: Learning rate of the backbone over that of the head; None where the backbone is frozen.
    """

    sweep: Sweep
    stage: StageNumber
    backbone_ratio: float | None

    def describe(self) -> str:
        """Returns the settings to use, a line each, and what speaks for them."""
        suggestion, bound = self.sweep.suggestion, self.sweep.bound
        section = f"--training.stage{self.stage}"
        ends = "diverged after it" if self.sweep.diverged else "never diverged"
        lines = [f"{section}.learning_rate {suggestion:.1e}"]
        if self.backbone_ratio is not None:
            lines.append(f"{section}.backbone_learning_rate {suggestion * self.backbone_ratio:.1e}")
        lines.append(f"The loss fell most steeply at {suggestion:.1e}, was lowest at {bound:.1e}, and {ends}.")
        return "".join(f"{line}\n" for line in lines)

    def write_plot(self, path: Path) -> None:
        """Writes the plot as PNG."""
        sweep = self.sweep
        path.write_bytes(
            draw_learning_rate_curve(
                sweep.learning_rates, sweep.losses, sweep.smoothed, suggestion=sweep.suggestion, bound=sweep.bound
            )
        )

    def write_table(self, path: Path) -> None:
        """Writes one row per step as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("learning_rate", "loss", "smoothed_loss"))
        sweep = self.sweep
        for row in zip(sweep.learning_rates, sweep.losses, sweep.smoothed, strict=True):
            writer.writerow(f"{value:.6g}" for value in row)
        path.write_text(text.getvalue(), encoding="utf-8")


def sweep_configuration(config: RunConfig, *, stage: StageNumber) -> SweepOutcome:
    """Reads, audits and divides the images as a run does, and sweeps on those that it would train on.

    The network starts from its first weights: also for stage 2, though a run would bring a trained head.

    Args:
        config: The run's configuration.
        stage: The stage to sweep.

    Raises:
        MedimageError: If the model or the data cannot be had, trusted or divided, or the loss diverges at once.
    """
    model, training = config.model, config.training
    check_weights_available(model)
    require_fitting(model, training)
    data, statistics = _training_images(config)
    spec = specify_network(model, classes=data.classes, channels=data.pixels.shape[3], normalization=statistics)
    found = batch_size_here(config)
    batch_size = find_batch_size(spec, training=training, data=data) if found == "auto" else min(found, len(data))
    recipe = _with_rates(training.stage(stage), model=model.name, section=f"training.stage{stage}")
    device = resolve_device(training.device)
    setting = StageSetting(
        stage=stage,
        seed=config.seed,
        batch_size=batch_size,
        accumulation=1,
        device=device,
        precision=resolve_precision(training.precision, device=device),
    )
    network = build_network(spec, seed=config.seed)
    load_pretrained_weights(network, model)
    bar = iter(track(range(STEPS), description="Sweeping learning rates", total=STEPS))
    with (
        reproducible(config.seed, device=device, deterministic=training.deterministic),
        explained_failures(batch_size=batch_size),
    ):
        sweep = sweep_learning_rates(
            network, data, config=recipe, training=training, setting=setting, on_step=lambda: next(bar, None)
        )
    head, backbone = recipe.rates
    return SweepOutcome(
        sweep=sweep, stage=stage, backbone_ratio=None if recipe.trainable == "head" else backbone / head
    )


def _training_images(config: RunConfig) -> tuple[LabelledPixels, NormalizationStats]:
    table, audit = read_and_audit(config)
    audit.require_trust()
    split = divide(audit, config)
    training = [split.image_ids[row] for row in split.rows("train")]
    store = PixelStore.build(
        table, image_ids=training, size=resolve_input_size(config.model), color_mode=config.data.color_mode
    )
    statistics = choose_normalization(
        store,
        split,
        statistics=resolve_normalization(config.model),
        timm_name=find_architecture(config.model.name).timm_name,
        given=config.model.pretrained_statistics,
        saved=saved_normalization(config.model.normalization_file),
    )
    return store.part(split, "train"), statistics


def _with_rates(stage: StageConfig, *, model: str, section: str) -> StageConfig:
    # A sweep has a schedule of its own.
    stage = stage.model_copy(update={"schedule": ScheduleConfig()})
    if find_architecture(model).learning_rates is not None:
        return resolve_learning_rates(stage, model=model, section=section)
    unknown = {
        name: rate
        for name, rate in (("learning_rate", _ANY_RATE), ("backbone_learning_rate", None))
        if getattr(stage, name) == "auto"
    }
    return stage.model_copy(update=unknown)

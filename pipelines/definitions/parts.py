"""Parts that several pipelines begin with."""

from typing import Any, Final, Literal

from medimage.config.run import RunConfig
from medimage.config.split import SplitConfig
from medimage.config.training import TrainingConfig
from medimage.data.lock_scope import source_identity
from pipelines.bound_step import bind
from pipelines.branches import finished, run_in_branch
from pipelines.data_settings import DataSettings
from pipelines.run_settings import RunSettings
from pipelines.static_form import is_static, require_dynamic
from pipelines.training_machine import training_machine
from steps.circumstances import Circumstances
from steps.compute_normalization import compute_normalization
from steps.download_dataset import download_dataset
from steps.find_batch_size import find_batch_size
from steps.locked_test_sets import applying_test_set
from steps.split_dataset import split_dataset
from steps.stage_recipe import StageRecipe
from steps.train_stage1 import train_stage1
from steps.train_stage2 import train_stage2
from steps.validate_dataset import validate_dataset

KEPT_OUT_AS_FOUND: Final = "what is locked when the step is run"


def read_and_audit(config: RunConfig, settings: DataSettings) -> tuple[Any, Any]:
    """Runs the steps that read the images and look at every one; returns both artifacts."""
    images = bind(
        download_dataset,
        data=settings.data_to_read,
        source_fingerprint=settings.source_fingerprint,
        decoders=settings.decoders,
    )()
    return images, audit_step(config, settings)(images)


def audit_step(config: RunConfig, settings: DataSettings) -> Any:
    """Returns the step that looks at every image, with its settings."""
    return bind(
        validate_dataset,
        audit=config.data.audit,
        color_mode=config.data.color_mode,
        decoders=settings.decoders,
        libraries=settings.audit_libraries,
    )


def divide(audit: Any, config: RunConfig, *, split: SplitConfig, name: str | None = None) -> tuple[Any, Any]:
    """Runs the step that divides the images.

    Returns the split with its findings, which the gate and reports take, and the bare one, which all others take.

    Args:
        audit: The audit's artifact.
        config: The whole configuration.
        split: Shares or folds.
        name: Name of the step within the run, where it needs one of its own.
    """
    kept_out = kept_out_of_folds(audit, config)
    step = bind(
        split_dataset,
        split=split,
        expectations=config.data.audit.expectations,
        seed=config.seed,
        source=source_identity(config.problem, config.data),
        kept_out=kept_out,
    )
    return as_kept_out(step, kept_out)(audit, id=name)


def as_kept_out(step: Any, kept_out: str | None) -> Any:
    """Returns a step that looks up what is kept out of folds: not from the cache where its key cannot tell what it is.

    Args:
        step: The step.
        kept_out: What `kept_out_of_folds` gave.
    """
    return step.with_options(enable_cache=False) if kept_out == KEPT_OUT_AS_FOUND else step


def kept_out_of_folds(audit: Any, config: RunConfig) -> str | None:
    """Returns the hash of the locked test set that folds are to be without, so that folds made before are not reused.

    Args:
        audit: The audit's artifact.
        config: The whole configuration.

    Returns:
        None where there are no folds, or no test set is locked; `KEPT_OUT_AS_FOUND` where all steps are known first.

    Raises:
        DataError: If the data cannot be trusted, or only a part of a test set is among them.
    """
    if config.split.folds is None or config.split.test_set is None:
        return None
    if is_static():
        return KEPT_OUT_AS_FOUND
    images = audit.load()
    images.require_trust()
    locked = applying_test_set(images, config.split, source=source_identity(config.problem, config.data))
    return None if locked is None else locked.division_hash


def normalization_step(settings: RunSettings) -> Any:
    """Returns the step that takes decoded images and a split, with its settings."""
    return bind(
        compute_normalization,
        statistics=settings.normalization,
        timm_name=settings.timm_name,
        given=settings.pretrained_statistics,
        saved=settings.saved_normalization,
    )


def stage_step(config: RunConfig, settings: RunSettings, stage: Literal[1, 2]) -> Any:
    """Returns the step of one stage of training, with its settings.

    Args:
        config: The whole configuration.
        settings: What was worked out from it.
        stage: Which stage.

    Raises:
        ValueError: If the batch size is still to be found.
    """
    if settings.batch_size == "auto":
        raise ValueError("Expected a batch size but it is auto: take the settings from with_batch_size")
    recipe = StageRecipe(
        model=config.model.without_files_of_statistics(),
        weights_sha256=settings.weights_sha256,
        hub_weights=settings.hub_weights,
        libraries=settings.training_libraries,
        training=_deciding(config.training).for_stage(stage),
        batch_size=settings.batch_size,
        batch_size_is_configured=settings.batch_size_is_configured,
        seed=config.seed,
    )
    circumstances = Circumstances(
        tracking=config.tracking, experiment=settings.experiment, checkpoints=config.training.checkpoints
    )
    return circumstances.given_to(bind(train_stage1 if stage == 1 else train_stage2, recipe=recipe))


def _deciding(training: TrainingConfig) -> TrainingConfig:
    """Returns a recipe without what decides nothing in a model, as a step has its batch size as a number."""
    fields = type(training).model_fields
    return training.model_copy(
        update={name: fields[name].default for name in ("batch_size", "batch_sizes", "checkpoints")}
    )


def with_batch_size(
    settings: RunSettings, pixels: Any, split: Any, config: RunConfig, *, branch: str | None = None
) -> RunSettings:
    """Returns the settings with a batch size: the one they have, or what a step finds on the machine that trains.

    Args:
        settings: What was worked out from the configuration.
        pixels: The pixels' artifact.
        split: That of the split.
        config: The whole configuration.
        branch: Candidate that it is for; none where it is for the whole run.

    Raises:
        StackError: If it would have to be found, and no step is run before all are known.
    """
    if settings.batch_size != "auto":
        return settings
    require_dynamic("training.batch_size: auto", advice="give training.batch_size a number")
    step = bind(
        find_batch_size,
        model=config.model.without_files_of_statistics(),
        training=_deciding(config.training),
        machine=training_machine(config.training.device),
    )
    found = step(pixels, split) if branch is None else finished(run_in_branch(step, pixels, split, branch=branch))
    return settings.model_copy(update={"batch_size": found.load()})

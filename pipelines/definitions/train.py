"""From images to a proven, registered, packaged classifier."""

from typing import Literal

from zenml import pipeline

from medimage.config.run import RunConfig
from medimage.data.lock_scope import source_identity
from medimage.evaluation.criterion import Verdict
from pipelines.bound_step import bind
from pipelines.run_settings import RunSettings
from steps.audit_shortcuts import audit_shortcuts
from steps.compute_normalization import compute_normalization
from steps.download_dataset import download_dataset
from steps.evaluate_model import evaluate_model
from steps.explain_model import explain_model
from steps.export_onnx import export_onnx
from steps.medical_validation_gate import medical_validation_gate
from steps.package_bento import package_bento
from steps.prepare_pixels import prepare_pixels
from steps.promote_model import promote_model
from steps.split_dataset import split_dataset
from steps.stage_recipe import StageRecipe
from steps.train_stage1 import train_stage1
from steps.train_stage2 import train_stage2
from steps.validate_dataset import validate_dataset
from steps.write_report import write_report


@pipeline(name="train", dynamic=True)
def train_pipeline(config: RunConfig, settings: RunSettings) -> None:
    """Trains, judges and, where the gate passed, exports, registers and packages a classifier.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
    """
    data, training = config.data, config.training

    images = bind(
        download_dataset,
        data=settings.data_to_read,
        source_fingerprint=settings.source_fingerprint,
        decoders=settings.decoders,
    )()
    audit = bind(validate_dataset, audit=data.audit, color_mode=data.color_mode, decoders=settings.decoders)(images)
    split = bind(
        split_dataset,
        split=config.split,
        expectations=data.audit.expectations,
        seed=config.seed,
        source=source_identity(config.problem, data),
    )(audit)
    pixels = bind(prepare_pixels, size=settings.input_size, color_mode=data.color_mode, decoders=settings.decoders)(
        images, split
    )
    shortcuts = bind(audit_shortcuts, shortcuts=config.shortcuts, seed=config.seed)(pixels, audit, split)
    normalization = bind(
        compute_normalization,
        statistics=config.model.normalization,
        timm_name=settings.timm_name,
        saved=settings.saved_normalization,
    )(pixels, split)

    def recipe(stage: Literal[1, 2]) -> StageRecipe:
        return StageRecipe(
            model=config.model.without_files_of_statistics(),
            weights_sha256=settings.weights_sha256,
            training=training.for_stage(stage),
            batch_size=settings.batch_size,
            tracking=config.tracking,
            experiment=settings.experiment,
            seed=config.seed,
        )

    head = bind(train_stage1, recipe=recipe(1))(pixels, split, normalization)
    model = bind(train_stage2, recipe=recipe(2))(head, pixels, split, normalization)

    evaluation = bind(evaluate_model, evaluation=config.evaluation, device=training.device, seed=config.seed)(
        model, images, pixels, split
    )
    explanation = bind(explain_model, explanation=config.explanation, seed=config.seed)(
        model, images, pixels, split, evaluation
    )
    gate_report = bind(medical_validation_gate, gate=config.gate, class_weights=training.class_weights)(
        evaluation, audit, split, shortcuts
    )
    bind(write_report, config=config, experiment=settings.experiment)(
        model, images, audit, split, shortcuts, evaluation, explanation, gate_report
    )
    if gate_report.load().verdict is not Verdict.PASS:
        return

    exported = bind(
        export_onnx,
        export=config.export,
        latency_images=config.evaluation.latency_images,
        latency_p95_limit_ms=config.gate.latency_p95_ms,
    )(model, evaluation, gate_report, images, pixels, split)
    _, card = bind(
        promote_model,
        name=settings.registered_name,
        description=config.description,
        config_hash=settings.config_hash,
        experiment=settings.experiment,
    )(exported, gate_report, evaluation, split)
    bind(package_bento, name=settings.bento_name)(exported, gate_report, card)

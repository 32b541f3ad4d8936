"""From images to a recipe that is judged on every fold, and where wanted to an ensemble of the folds."""

from typing import Any

from zenml import pipeline
from zenml.enums import ExecutionMode

from medimage.config.run import RunConfig
from medimage.data.lock_scope import source_identity
from pipelines.bound_step import bind
from pipelines.branches import all_finished, await_turn, run_in_branch
from pipelines.decisions import GATE_PASSED, goes_on
from pipelines.definitions.parts import (
    as_kept_out,
    divide,
    kept_out_of_folds,
    normalization_step,
    read_and_audit,
    stage_step,
    with_batch_size,
)
from pipelines.definitions.pixels import decode
from pipelines.run_settings import RunSettings
from steps.audit_shortcuts import audit_shortcuts
from steps.branch import step_id
from steps.evaluate_model import evaluate_model
from steps.evaluate_subgroups import evaluate_subgroups
from steps.explain_model import explain_model
from steps.export_ensemble import export_ensemble
from steps.judge_folds import judge_folds
from steps.link_model_version import link_model_version
from steps.package_bento import package_bento
from steps.pool_folds import pool_folds
from steps.promote_ensemble import promote_ensemble
from steps.record_training import record_training
from steps.report_formats import report_formats
from steps.split_dataset import split_dataset
from steps.write_folds_report import write_folds_report


@pipeline(name="cross_validation", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def cross_validation_pipeline(config: RunConfig, settings: RunSettings) -> None:
    """Trains a model without each fold, judges all of them on what they had not seen, and may export their mean.

    All folds are divided before the first one is trained: where a class has too few groups, nothing has been trained.
    Where folds run side by side, one that fails lets the others come to their end, and then ends the run.

    Args:
        config: The whole configuration; `split.folds` is given.
        settings: What was worked out from it before the start.
    """
    training, is_ensemble = config.training, config.cross_validation.ensemble
    branches = [fold_branch(fold) for fold in range(config.split.folds or 0)]

    images, audit = read_and_audit(config, settings)
    divided = [
        divide(
            audit,
            config,
            split=config.split.model_copy(update={"test_fold": fold}),
            name=step_id(split_dataset.name, branch),
        )
        for fold, branch in enumerate(branches)
    ]
    splits, bare = [split for split, _ in divided], [bare for _, bare in divided]
    # Every fold's split has all images, so one set of pixels does for all.
    pixels = decode(images, bare[0], config, settings)
    shortcuts = bind(audit_shortcuts, shortcuts=config.shortcuts, seed=config.seed)(pixels, audit, bare[0])

    explained = config.explanation.model_copy(
        update={"images_per_class": -(-config.explanation.images_per_class // len(branches))}
    )
    settings = with_batch_size(settings, pixels, bare[0], config)
    head_step = stage_step(config, settings, 1)
    model_step = stage_step(config, settings, 2)
    of_all_images = config.evaluation.for_all_images()
    evaluation_step = bind(evaluate_model, evaluation=of_all_images, device=training.device, seed=config.seed)
    explanation_step = bind(explain_model, explanation=explained, seed=config.seed)

    begun: list[tuple[Any, Any, Any, Any]] = []
    for branch, split in zip(branches, bare, strict=True):
        await_turn(begun)

        def run(step: Any, *artifacts: Any, branch: str = branch) -> Any:
            return run_in_branch(step, *artifacts, branch=branch)

        normalization = run(normalization_step(settings), pixels, split)
        head = run(head_step, pixels, split, normalization)
        model = run(model_step, head, pixels, split, normalization)
        evaluation = run(evaluation_step, model, images, pixels, split)
        explanation = run(explanation_step, model, images, pixels, split, evaluation)
        begun.append((model, evaluation, explanation, run(bind(record_training), model)))
    models, folds, explanations, records = all_finished(*zip(*begun, strict=True))

    pooled = bind(pool_folds, evaluation=of_all_images, seed=config.seed, is_ensemble=is_ensemble)(folds)
    subgroups = bind(evaluate_subgroups, config=config.evaluation, seed=config.seed)(pooled, images)
    kept_out = kept_out_of_folds(audit, config)
    judge_step = bind(
        judge_folds,
        gate=config.gate,
        class_weights=training.evening_out,
        split=config.split,
        source=source_identity(config.problem, config.data),
        kept_out=kept_out,
    )
    gate_report = as_kept_out(judge_step, kept_out)(pooled, audit, splits, shortcuts, subgroups)
    report = bind(write_folds_report, config=config, branches=branches, experiment=settings.experiment)(
        records, folds, explanations, images, audit, splits, shortcuts, subgroups, pooled, gate_report
    )
    if not is_ensemble or not goes_on(gate_report, GATE_PASSED):
        return

    exported = bind(
        export_ensemble,
        export=config.export.at_full_precision(),
        latency_images=config.evaluation.latency_images,
        latency_p95_limit_ms=config.gate.latency_p95_ms,
    )(models, folds, gate_report, images, pixels, bare)
    bind(report_formats, experiment=settings.experiment)(report, exported)
    registered, card = bind(
        promote_ensemble,
        name=settings.registered_name,
        description=config.description,
        dossier=config.dossier,
        config_hash=settings.config_hash,
        experiment=settings.experiment,
        comparison=config.gate.champion.comparison,
    )(exported, gate_report, pooled, bare)
    bento = bind(package_bento, name=settings.bento_name)(exported, gate_report, card)
    bind(link_model_version)(registered, bento)


def fold_branch(fold: int) -> str:
    """Returns the name of a fold within its run."""
    return f"fold_{fold}"

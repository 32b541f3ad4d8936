"""From images to a ranking of several models and recipes on one split."""

from typing import Any

from zenml import pipeline
from zenml.enums import ExecutionMode
from zenml.exceptions import RunInterruptedException

from medimage.config.candidates import candidate_configs
from medimage.config.run import RunConfig
from medimage.errors import ExperimentError, MedimageError
from medimage.exit_codes import storage_problem
from pipelines.bound_step import bind
from pipelines.branches import all_finished, await_turn, finished, run_in_branch
from pipelines.definitions.parts import (
    divide,
    normalization_step,
    read_and_audit,
    stage_step,
    with_batch_size,
)
from pipelines.definitions.pixels import decode
from pipelines.run_settings import RunSettings
from steps.audit_shortcuts import audit_shortcuts
from steps.compare_candidates import compare_candidates
from steps.evaluate_model import evaluate_model
from steps.evaluate_subgroups import evaluate_subgroups
from steps.explain_candidate import explain_candidate
from steps.medical_validation_gate import medical_validation_gate
from steps.record_training import record_training
from steps.write_comparison_report import write_comparison_report


@pipeline(name="experiment", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def experiment_pipeline(config: RunConfig, settings: RunSettings, candidates: dict[str, RunSettings]) -> None:
    """Trains every candidate on the same images and judges it on the same test set; one that fails loses no other.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
        candidates: The same of each candidate.
    """
    configs = candidate_configs(config)
    images, audit = read_and_audit(config, settings)
    split, bare = divide(audit, config, split=config.split)
    pixels = {
        size: decode(images, bare, config, own, branch=f"{size}px")
        for size, own in {own.input_size: own for own in candidates.values()}.items()
    }
    some_pixels = next(iter(pixels.values()))
    shortcuts = bind(audit_shortcuts, shortcuts=config.shortcuts, seed=config.seed)(some_pixels, audit, bare)

    failures: dict[str, str] = {}
    begun: dict[str, dict[str, Any]] = {}
    for name, own in configs.items():
        await_turn([outputs.values() for outputs in begun.values()])
        try:
            begun[name] = _judge(
                own,
                candidates[name],
                branch=name,
                images=images,
                audit=audit,
                split=split,
                bare=bare,
                shortcuts=shortcuts,
                pixels=pixels[candidates[name].input_size],
            )
        except Exception as error:
            failures[name] = words_of(error)
    judged: dict[str, dict[str, Any]] = {}
    for name, outputs in begun.items():
        try:
            judged[name] = {key: finished(output) for key, output in outputs.items()}
        except Exception as error:
            failures[name] = words_of(error)
    if not judged:
        told = "\n".join(f"  - {name}: {reason}" for name, reason in failures.items())
        raise ExperimentError(f"No candidate could be trained and judged:\n{told}")

    names = list(judged)
    evaluations, gate_reports, subgroups, records = (
        [judged[name][key] for name in names] for key in ("evaluation", "gate_report", "subgroups", "record")
    )
    explanations: list[Any] = []
    for place, name in enumerate(names):
        await_turn([(explanation,) for explanation in explanations])
        step = bind(explain_candidate, place=place, explanation=config.explanation, seed=config.seed)
        size = candidates[name].input_size
        explanations.append(
            run_in_branch(step, judged[name]["model"], images, pixels[size], bare, evaluations, branch=name)
        )
    (explanations,) = all_finished(explanations)
    comparison = bind(
        compare_candidates,
        names=names,
        failures=failures,
        evaluation=config.evaluation.for_all_images(),
        seed=config.seed,
    )(evaluations, gate_reports, records)
    bind(write_comparison_report, names=names, config=config, experiment=settings.experiment)(
        comparison,
        records,
        evaluations,
        gate_reports,
        explanations,
        subgroups,
        images,
        audit,
        split,
        shortcuts,
    )


def _judge(
    config: RunConfig, settings: RunSettings, *, branch: str, images: Any, audit: Any, split: Any, bare: Any,
    shortcuts: Any, pixels: Any,
) -> dict[str, Any]:  # fmt: skip
    """Runs the steps of one candidate, or starts them where they run apart."""

    def run(step: Any, *artifacts: Any) -> Any:
        return run_in_branch(step, *artifacts, branch=branch)

    training = config.training
    settings = with_batch_size(settings, pixels, bare, config, branch=branch)
    normalization = run(normalization_step(settings), pixels, bare)
    head = run(stage_step(config, settings, 1), pixels, bare, normalization)
    model = run(stage_step(config, settings, 2), head, pixels, bare, normalization)
    evaluation = run(
        bind(evaluate_model, evaluation=config.evaluation.for_all_images(), device=training.device, seed=config.seed),
        model,
        images,
        pixels,
        bare,
    )
    subgroups = run(bind(evaluate_subgroups, config=config.evaluation, seed=config.seed), evaluation, images)
    gate_report = run(
        bind(medical_validation_gate, gate=config.gate, class_weights=training.evening_out),
        evaluation,
        audit,
        split,
        shortcuts,
        subgroups,
    )
    return {
        "model": model,
        "evaluation": evaluation,
        "subgroups": subgroups,
        "gate_report": gate_report,
        "record": run(bind(record_training), model),
    }


def words_of(error: Exception) -> str:
    """Returns why a candidate failed, in one paragraph; what would stop every other one as well stops the run."""
    if isinstance(error, RunInterruptedException) or storage_problem(error) is not None:
        raise error
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, MedimageError):
        cause = cause.__cause__
    # A step of a process of its own fails with what ZenML makes of the error, which holds its words.
    return str(cause or error) or type(error).__name__

"""From images to a ranking of registered models that were not made from them."""

from typing import Any, Literal

from zenml import pipeline
from zenml.enums import ExecutionMode

from medimage.config.run import RunConfig
from medimage.errors import ExperimentError
from medimage.registry.version_reference import VersionReference
from pipelines.bound_step import bind
from pipelines.branches import finished, run_in_branch
from pipelines.data_settings import DataSettings
from pipelines.definitions.experiment import words_of
from pipelines.definitions.parts import divide, read_and_audit
from steps.judge_registered_model import judge_registered_model
from steps.rank_registered_models import rank_registered_models
from steps.write_models_report import write_models_report

OUTPUTS = ("evaluation", "gate_report", "subgroups", "parameters")


@pipeline(name="evaluation", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def evaluation_pipeline(
    config: RunConfig,
    settings: DataSettings,
    models: list[VersionReference],
    part: Literal["all", "test"],
    may_fail: bool,
) -> None:
    """Judges every model on the images that it has not seen, and ranks them.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
        models: The versions.
        part: All usable images, or those of the split's test part.
        may_fail: Whether a model that cannot be judged, such as one of another problem, is left out and told.
    """
    images, audit = read_and_audit(config, settings)
    chosen: dict[str, Any] = {}
    if part == "test":
        _, chosen["split"] = divide(audit, config, split=config.split)
    begun: dict[VersionReference, Any] = {}
    failures: dict[str, str] = {}
    judged: list[tuple[VersionReference, Any]] = []
    for model in models:
        step = bind(
            judge_registered_model, model=model, evaluation=config.evaluation, gate=config.gate, seed=config.seed
        )
        try:
            begun[model] = run_in_branch(step, images, audit, branch=branch_of_version(model), **chosen)
        except Exception as error:
            if not may_fail:
                raise
            failures[model.title] = words_of(error)
    for model, outputs in begun.items():
        try:
            judged.append((model, [finished(output) for output in outputs]))
        except Exception as error:
            if not may_fail:
                raise
            failures[model.title] = words_of(error)
    if not judged:
        told = "\n".join(f"  - {name}: {reason}" for name, reason in failures.items())
        raise ExperimentError(f"No registered model could be judged on these images:\n{told}")
    references = [model.model_dump(mode="json") for model, _ in judged]
    evaluations, gate_reports, subgroups, parameters = (
        [outputs[place] for _, outputs in judged] for place in range(len(OUTPUTS))
    )
    ranking = bind(
        rank_registered_models, models=references, failures=failures, evaluation=config.evaluation, seed=config.seed
    )(evaluations, gate_reports, parameters, audit, **chosen)
    bind(write_models_report, models=references, part=part, config=config, experiment=settings.experiment)(
        ranking, evaluations, gate_reports, subgroups, images, audit, **chosen
    )


def branch_of_version(model: VersionReference) -> str:
    """Returns the name of a version within its run."""
    return f"{model.name}-v{model.version}"

"""Step: rank registered models by what they reached on the same images, and recommend one."""

from typing import Annotated

from zenml import step

from materializers.model_ranking import ModelRankingMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.evaluation.comparison.model_ranking import GraphFacts, ModelRanking, rank_models
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.registry.version_reference import VersionReference
from steps.code_files import cache_on_code
from steps.judge_registered_model import images_to_judge


@step(output_materializers={"ranking": ModelRankingMaterializer}, cache_policy=cache_on_code(__name__))
def rank_registered_models(
    evaluations: list[Evaluation],
    gate_reports: list[GateReport],
    parameters: list[int],
    audit: DataAudit,
    models: list[VersionReference],
    failures: dict[str, str],
    evaluation: EvaluationConfig,
    seed: int,
    split: Split | None = None,
) -> Annotated[ModelRanking, "ranking"]:
    """Compares the models that were judged, image by image.

    Args:
        evaluations: What was measured of each.
        gate_reports: The verdict on each.
        parameters: Weights of each.
        audit: What is known about the images.
        models: The versions, in the same order.
        failures: Models that could not be judged, and why.
        evaluation: Resamples of the paired differences.
        seed: Seed of their draws.
        split: Where only its test images count.
    """
    facts = [
        GraphFacts(name=model.title, sha256=model.onnx_sha256, parameters=count)
        for model, count in zip(models, parameters, strict=True)
    ]
    return rank_models(
        facts,
        evaluations,
        gate_reports,
        failures=failures,
        seen=max(each.candidates for each in evaluations),
        offered=len(images_to_judge(audit, split).image_ids),
        resamples=evaluation.bootstrap_resamples,
        seed=seed,
    )

"""Step: rank the candidates of an experiment, and recommend one that passed the gate."""

from typing import Annotated

from zenml import step

from materializers.comparison import ComparisonMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.comparison.ranking import compare
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.models.training_record import TrainingRecord
from steps.code_files import cache_on_code
from steps.test_set_ledger import count_candidates


@step(output_materializers={"comparison": ComparisonMaterializer}, cache_policy=cache_on_code(__name__))
def compare_candidates(
    evaluations: list[Evaluation],
    gate_reports: list[GateReport],
    training: list[TrainingRecord],
    names: list[str],
    failures: dict[str, str],
    evaluation: EvaluationConfig,
    seed: int,
) -> Annotated[Comparison, "comparison"]:
    """Compares the candidates that were judged, image by image.

    Args:
        evaluations: What was measured of each candidate.
        gate_reports: The verdict on each.
        training: How each was trained.
        names: Their names.
        failures: Candidates that could not be trained or judged, and why.
        evaluation: Resamples of the paired differences.
        seed: Seed of their draws.
    """
    return compare(
        dict(zip(names, evaluations, strict=True)),
        dict(zip(names, gate_reports, strict=True)),
        dict(zip(names, training, strict=True)),
        failures=failures,
        # All of them are stored by now: each counts, whichever was judged first.
        seen=count_candidates(evaluations[0].test),
        resamples=evaluation.bootstrap_resamples,
        seed=seed,
    )

"""Step: the predictions of all folds' models, each on its own test fold, measured as one test set."""

from typing import Annotated

from zenml import step

from materializers.evaluation import EvaluationMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.pooling import pool_folds as pool
from medimage.evaluation.pooling import pooled_predictions
from steps.code_files import cache_on_code
from steps.test_set_ledger import count_candidates


@step(output_materializers={"evaluation": EvaluationMaterializer}, cache_policy=cache_on_code(__name__))
def pool_folds(
    folds: list[Evaluation], evaluation: EvaluationConfig, seed: int, is_ensemble: bool
) -> Annotated[Evaluation, "evaluation"]:
    """Pools the out-of-fold predictions and measures them.

    Args:
        folds: The evaluation of each fold's model.
        evaluation: Confidence level, resamples, bins.
        seed: Seed of the bootstrap.
        is_ensemble: Whether the models are to answer together, one after the other.
    """
    candidates = count_candidates(pooled_predictions(folds))
    return pool(folds, config=evaluation, seed=seed, is_ensemble=is_ensemble, candidates=candidates)

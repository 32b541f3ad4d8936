"""Step: measure the subgroups of the test images, and compare them."""

from typing import Annotated

from zenml import step

from materializers.subgroup_audit import SubgroupAuditMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_table import ImageTable
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.subgroups.audit_subgroups import audit_subgroups
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from steps.code_files import cache_on_code


@step(output_materializers={"subgroups": SubgroupAuditMaterializer}, cache_policy=cache_on_code(__name__))
def evaluate_subgroups(
    evaluation: Evaluation, images: ImageTable, config: EvaluationConfig, seed: int
) -> Annotated[SubgroupAudit, "subgroups"]:
    """Measures every value of every kind of metadata, and flags gaps that are more than chance.

    Args:
        evaluation: What was predicted on the test images.
        images: Knows the metadata of each.
        config: Confidence level, intervals, resamples; which subgroups, and how many cases they need.
        seed: Seed of the bootstrap.
    """
    return audit_subgroups(evaluation, images, config, seed=seed)

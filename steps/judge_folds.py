"""Step: judge a recipe by the out-of-fold predictions of its models."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.gate_report import GateReportMaterializer
from medimage.config.gate import GateConfig
from medimage.config.split import SplitConfig
from medimage.config.training import ClassWeights
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.find_in_folds import find_in_folds
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from steps.code_files import cache_on_code
from steps.locked_test_sets import applying_test_set


@step(output_materializers={"gate_report": GateReportMaterializer}, cache_policy=cache_on_code(__name__))
def judge_folds(
    pooled: Evaluation,
    audit: DataAudit,
    splits: list[Split],
    shortcuts: ShortcutAudit,
    subgroups: SubgroupAudit,
    gate: GateConfig,
    class_weights: ClassWeights,
    split: SplitConfig,
    source: str,
    kept_out: str | None,
) -> Annotated[GateReport, "gate_report"]:
    """Gives one verdict per criterion, and one overall.

    Args:
        pooled: What was measured on the out-of-fold predictions.
        audit: What is known about the data.
        splits: What was trained on in each fold; the worst one decides.
        shortcuts: How a model could be right without knowing medicine.
        subgroups: What was measured of the subgroups of the out-of-fold images.
        gate: The thresholds.
        class_weights: Weight of each class in the loss.
        split: Name of the test set that folds must be without.
        source: Which data it is, to find that test set.
        kept_out: Hash of it; none where none is locked.
    """
    log_metadata({"kept_out": kept_out or "nothing"})
    locked = applying_test_set(audit, split, source=source)
    findings = find_in_folds(
        audit,
        splits,
        shortcuts,
        pooled,
        class_weights=class_weights,
        imbalance_ratio=gate.imbalance_ratio,
        locked=() if locked is None else locked.image_ids,
    )
    return judge(evaluation=pooled, data_findings=findings, config=gate, subgroups=subgroups)

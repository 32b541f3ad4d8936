"""Step: judge the model by every criterion."""

from typing import Annotated

from zenml import step

from materializers.gate_report import GateReportMaterializer
from medimage.config.gate import GateConfig
from medimage.config.training import ClassWeights
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.gate.imbalance import mitigates
from medimage.evaluation.gate.split_match import require_images_of_split
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from steps.code_files import cache_on_code


@step(output_materializers={"gate_report": GateReportMaterializer}, cache_policy=cache_on_code(__name__))
def medical_validation_gate(
    evaluation: Evaluation,
    audit: DataAudit,
    split: Split,
    shortcuts: ShortcutAudit,
    subgroups: SubgroupAudit,
    gate: GateConfig,
    class_weights: ClassWeights,
    champion: ChampionComparison | None = None,
) -> Annotated[GateReport, "gate_report"]:
    """Gives one verdict per criterion, and one overall.

    Args:
        evaluation: What was measured on the test images.
        audit: What is known about the data.
        split: What was trained on.
        shortcuts: How a model could be right without knowing medicine.
        subgroups: What was measured of the subgroups of the test images.
        gate: The thresholds.
        class_weights: Weight of each class in the loss.
        champion: How the model compares with the one in use, in pipelines that end with a model in use.
    """
    require_images_of_split(evaluation, split)
    mitigated = mitigates(split.counts("train"), class_weights, threshold=gate.imbalance_ratio)
    findings = find_in_data(audit, split, shortcuts, imbalance_mitigated=mitigated)
    return judge(evaluation=evaluation, data_findings=findings, config=gate, champion=champion, subgroups=subgroups)

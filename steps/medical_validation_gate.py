"""Step: judge the model by every criterion."""

from typing import Annotated

from zenml import step

from materializers.gate_report import GateReportMaterializer
from medimage.config.gate import GateConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.find_in_data import find_in_data
from medimage.evaluation.gate import judge
from medimage.evaluation.gate_report import GateReport
from steps.code_files import cache_on_code


@step(output_materializers={"gate_report": GateReportMaterializer}, cache_policy=cache_on_code(__name__))
def medical_validation_gate(
    evaluation: Evaluation, audit: DataAudit, split: Split, gate: GateConfig, imbalance_mitigated: bool
) -> Annotated[GateReport, "gate_report"]:
    """Gives one verdict per criterion, and one overall.

    Args:
        evaluation: What was measured on the test images.
        audit: What is known about the data.
        split: What was trained on.
        gate: The thresholds.
        imbalance_mitigated: Whether the loss made up for unequal classes.
    """
    findings = find_in_data(audit, split, imbalance_mitigated=imbalance_mitigated)
    return judge(evaluation=evaluation, data_findings=findings, config=gate)

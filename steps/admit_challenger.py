"""Step: the part of the verdict that decides whether a retrained model may be registered at all."""

from typing import Annotated

from zenml import step

from materializers.gate_report import GateReportMaterializer
from medimage.evaluation.gate.gate_report import GateReport
from medimage.retraining.outcome import admission
from steps.code_files import cache_on_code


@step(output_materializers={"admission": GateReportMaterializer}, cache_policy=cache_on_code(__name__))
def admit_challenger(gate_report: GateReport) -> Annotated[GateReport, "admission"]:
    """Gives the verdict without the criteria that hold the model against the champion.

    A model that meets these is registered as the challenger; the others decide whether it becomes the champion.

    Args:
        gate_report: The verdict by all criteria.
    """
    return admission(gate_report)

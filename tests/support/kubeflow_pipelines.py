"""A dynamic pipeline of four steps whose end depends on a verdict; named as four of the project's."""

import os
import time
from pathlib import Path
from typing import Annotated

from zenml import pipeline, step

from materializers.gate_report import GateReportMaterializer
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.gate_report import GateReport
from pipelines.bound_step import bind
from pipelines.decisions import GATE_PASSED, goes_on
from tests.support.pod_pipelines import BEGUN, SECONDS, make


@step(name="train_stage2")
def look(number: int) -> Annotated[str, "seen"]:
    """Tells what it sees of the step before, and of its pod."""
    print(BEGUN, flush=True)  # noqa: T201
    time.sleep(SECONDS)
    left = [path.name for path in Path(os.environ["MEDIMAGE_HOME"]).glob("left-behind")]
    return " ".join([str(number), *left, os.environ["PLAIN"], os.environ["HIDDEN"], os.environ["OF_CLUSTER"]])


@step(name="medical_validation_gate", output_materializers={"gate_report": GateReportMaterializer})
def judge(seen: str, passes: bool) -> Annotated[GateReport, "gate_report"]:  # noqa: ARG001
    """Gives a verdict."""
    criterion = Criterion(
        name="accuracy",
        scope="overall",
        estimate=0.9,
        low=0.86 if passes else 0.7,
        high=0.99,
        n=100,
        groups=100,
        threshold=0.85,
        direction="at_least",
        verdict=Verdict.PASS if passes else Verdict.INCONCLUSIVE,
        note="" if passes else "its interval reaches below 0.85",
    )
    return GateReport(criteria=(criterion,))


@step(name="write_report")
def tell(gate_report: GateReport, seen: str) -> Annotated[str, "told"]:
    """Tells the verdict."""
    return f"{gate_report.verdict.value}: {seen}"


@step(name="export_onnx")
def export(gate_report: GateReport, told: str) -> Annotated[str, "exported"]:
    """Is run where the verdict is a good one."""
    gate_report.require_pass()
    return f"exported after {told}"


@step(name="package_bento")
def close(exported: str) -> Annotated[str, "bento"]:
    """Ends the pipeline."""
    return exported


@pipeline(name="judged", dynamic=True)
def judged_pipeline(number: int, passes: bool) -> None:
    """Makes, looks, judges, tells, and exports."""
    seen = bind(look)(bind(make, number=number)())
    gate_report = bind(judge, passes=passes)(seen)
    told = bind(tell)(gate_report, seen)
    if not goes_on(gate_report, GATE_PASSED):
        return
    bind(close)(bind(export)(gate_report, told))

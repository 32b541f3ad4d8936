"""Runs as dossiers are made of them."""

from typing import Any

from medimage.config.gate import GateConfig
from medimage.config.run import RunConfig
from medimage.dossier.dossier import Dossier, dossier_of
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.report_context import ReportContext
from medimage.models.training_record import TrainingRecord
from medimage.registry.provenance import Provenance
from tests.support.artifacts import trained_model
from tests.support.audited import audited
from tests.support.explained import explanation
from tests.support.shortcuts import shortcut_audit
from tests.support.simulated_predictions import FINDINGS, evaluation_of, predictions

PROVENANCE = Provenance(run_id="run-1", config_hash="c", data_hash="d", evidence_hash="e")


def report_context(**changes: Any) -> ReportContext:
    """Returns a context with everything that a run can know."""
    values = {
        "problem": "lung",
        "description": "Chest X-rays.",
        "model": "resnet18",
        "run_id": "run-1",
        "created": "2026-01-01T00:00:00+00:00",
        "split_images": {
            "train": {"covid": 50, "normal": 60, "tb": 70},
            "validation": {"covid": 5, "normal": 6, "tb": 7},
            "test": {"covid": 10, "normal": 2, "tb": 3},
        },
        "split_case_totals": {"train": 90, "validation": 9, "test": 8},
        "audit": AuditSection.of(*audited()),
        "shortcuts": shortcut_audit(),
        "explanations": {"": explanation()},
        "configuration": "problem: lung\n",
        "provenance": {"configuration": "abc", "torch": "2.0", "numpy": "2.1"},
    }
    return ReportContext(**{**values, **changes})


def run_record(
    test: PredictionsOnTest | None = None,
    *,
    dossier: dict[str, str] | None = None,
    context: ReportContext | None = None,
    gate: GateConfig | None = None,
    **changes: Any,
) -> RunRecord:
    """Returns a run; of what is not given, one that went well."""
    evaluation = evaluation_of(test or predictions())
    settings = {"problem": "lung", "data": {"source": "synthetic"}, "dossier": dossier or {}}
    return RunRecord(
        **{
            "config": RunConfig.model_validate(settings),
            "context": context or report_context(),
            "training": TrainingRecord.of(trained_model()),
            "evaluation": evaluation,
            "gate_report": judge(evaluation=evaluation, data_findings=FINDINGS, config=gate or GateConfig()),
            **changes,
        }
    )


def dossier(record: RunRecord) -> Dossier:
    """Returns the dossier of a run."""
    return dossier_of(record, name="lung-resnet18", provenance=PROVENANCE)

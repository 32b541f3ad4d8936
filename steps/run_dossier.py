"""The dossier of the run whose report a step writes, and the documents beside that report."""

from collections.abc import Mapping
from typing import Any

from medimage.config.loading import config_hash
from medimage.config.run import RunConfig
from medimage.dossier.dossier import Dossier, dossier_of
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.report_context import ReportContext
from medimage.evidence.bill_of_materials import BILL_FILE, bill_of_materials
from medimage.models.training_record import TrainingRecord
from medimage.registry.evidence import evidence_hash
from medimage.registry.provenance import Provenance


def run_dossier(
    config: RunConfig,
    *,
    context: ReportContext,
    training: TrainingRecord,
    evaluation: Evaluation,
    gate_report: GateReport,
    data_hash: str,
    folds: int = 0,
    subgroups: Mapping[str, Any] | None = None,
) -> Dossier:
    """Returns the dossier of a run, whatever its verdict is.

    Args:
        config: The whole configuration.
        context: What the report shows beside the numbers.
        training: How the model was trained; of folds, that of the first.
        evaluation: What was measured.
        gate_report: The verdict.
        data_hash: Hash of the split, or of the splits.
        folds: How many models were trained, each on all folds but one; 0 where there is one split.
        subgroups: Name of a grouping → what was measured in its groups, JSON-ready; none where nothing was.
    """
    record = RunRecord(
        config=config,
        context=context,
        training=training,
        evaluation=evaluation,
        gate_report=gate_report,
        folds=folds,
        subgroups=subgroups or {},
    )
    provenance = Provenance(
        run_id=context.run_id,
        config_hash=config_hash(config),
        data_hash=data_hash,
        evidence_hash=evidence_hash(evaluation, gate_report),
    )
    return dossier_of(record, name=config.registered_name, provenance=provenance)


def report_documents(dossier: Dossier | None = None) -> dict[str, str]:
    """Returns what lies beside a report: name of the file → its text.

    Args:
        dossier: The run's dossier; none where several models are compared, which have one each when they are trained
            on their own.
    """
    return {BILL_FILE: bill_of_materials().decode("ascii"), **(dossier.documents() if dossier else {})}

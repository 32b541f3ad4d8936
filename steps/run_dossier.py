"""The dossier of the run whose report a step writes, and the documents beside that report."""

from typing import Any

from medimage.config.loading import config_hash
from medimage.config.run import RunConfig
from medimage.dossier.dossier import Dossier, dossier_of
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.evaluation.subgroups.summary import subgroup_summary
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
    """
    record = RunRecord(
        config=config,
        context=context,
        training=training,
        evaluation=evaluation,
        gate_report=gate_report,
        folds=folds,
        subgroups=_measured(context.subgroups),
    )
    provenance = Provenance(
        run_id=context.run_id,
        config_hash=config_hash(config),
        data_hash=data_hash,
        evidence_hash=evidence_hash(evaluation, gate_report),
    )
    return dossier_of(record, name=config.registered_name, provenance=provenance)


def _measured(subgroups: SubgroupAudit | None) -> dict[str, Any]:
    """Returns what was measured by each kind of metadata, JSON-ready; kinds of which nothing was are left out."""
    columns = {} if subgroups is None else subgroup_summary(subgroups)["columns"]
    return {name: values for name, values in columns.items() if values["levels"]}


def report_documents(dossier: Dossier | None = None) -> dict[str, str]:
    """Returns what lies beside a report: name of the file → its text.

    Args:
        dossier: The run's dossier; none where several models are compared, which have one each when they are trained
            on their own.
    """
    return {BILL_FILE: bill_of_materials().decode("ascii"), **(dossier.documents() if dossier else {})}

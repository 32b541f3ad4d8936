"""Step: judge a registered model on images that it has not seen."""

from dataclasses import replace
from typing import Annotated

import numpy as np
import onnx
from zenml import step

from materializers.evaluation import EvaluationMaterializer
from materializers.gate_report import GateReportMaterializer
from materializers.subgroup_audit import SubgroupAuditMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate import judge_registered
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.gate.subgroup_gaps import judge_subgroup_gaps
from medimage.evaluation.subgroups.audit_subgroups import audit_subgroups
from medimage.evaluation.subgroups.sentences import warnings as warnings_of_subgroups
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.registry.judge_registered_model import ImagesToJudge
from medimage.registry.judge_registered_model import judge_registered_model as measure_model
from medimage.registry.registered_model import load_registered_model
from medimage.registry.version_reference import VersionReference
from steps.code_files import cache_on_code
from steps.test_set_ledger import count_candidates


@step(
    output_materializers={
        "evaluation": EvaluationMaterializer,
        "gate_report": GateReportMaterializer,
        "subgroups": SubgroupAuditMaterializer,
    },
    cache_policy=cache_on_code(__name__),
)
def judge_registered_model(
    images: ImageTable,
    audit: DataAudit,
    model: VersionReference,
    evaluation: EvaluationConfig,
    gate: GateConfig,
    seed: int,
    split: Split | None = None,
) -> tuple[
    Annotated[Evaluation, "evaluation"],
    Annotated[GateReport, "gate_report"],
    Annotated[SubgroupAudit, "subgroups"],
    Annotated[int, "parameters"],
]:
    """Measures a registered model as it is, and judges it by the criteria that need no training data.

    Args:
        images: The encoded images, and the metadata of each.
        audit: What is known about them; a run whose data cannot be trusted ends here.
        model: The version.
        evaluation: Confidence level, resamples, bins, images to time; which subgroups.
        gate: The thresholds.
        seed: Seed of the bootstrap.
        split: Where only its test images count; every usable image where there is none.
    """
    audit.require_trust()
    loaded = load_registered_model(name=model.name, version=model.version)
    chosen = images_to_judge(audit, split)
    measured, findings = measure_model(loaded, images, chosen, config=evaluation, seed=seed)
    measured = replace(measured, candidates=count_candidates(measured.test))
    subgroups = audit_subgroups(measured, images, evaluation, seed=seed)
    report = GateReport(
        criteria=(
            *judge_registered(measured, config=gate, seen_is_known=loaded.images is not None),
            *judge_subgroup_gaps(subgroups, gate),
        ),
        findings=(*findings, *(finding.message for finding in audit.findings), *warnings_of_subgroups(subgroups)),
        candidates=measured.candidates,
    )
    weights = onnx.load_model_from_string(loaded.onnx).graph.initializer
    return measured, report, subgroups, int(sum(np.prod(weight.dims) for weight in weights))


def images_to_judge(audit: DataAudit, split: Split | None) -> ImagesToJudge:
    """Returns the usable images, or the test images of a split."""
    if split is None:
        usable = audit.usable
        return ImagesToJudge(
            image_ids=tuple(usable["image_id"]),
            labels=tuple(usable["label"]),
            groups=tuple(usable["group"]),
            classes=audit.classes,
        )
    rows = split.rows("test")
    return ImagesToJudge(
        image_ids=tuple(split.image_ids[row] for row in rows),
        labels=tuple(split.labels[row] for row in rows),
        groups=tuple(split.groups[row] for row in rows),
        classes=split.classes,
    )

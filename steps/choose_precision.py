"""Step: try the exported graph in fewer bits, and choose the one that is served."""

from typing import Annotated

from zenml import step

from materializers.evaluation import EvaluationMaterializer
from materializers.exported_model import ExportedModelMaterializer
from materializers.gate_report import GateReportMaterializer
from materializers.precision_choice import PrecisionChoiceMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.config.training import ClassWeights
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.gate.imbalance import mitigates
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.audit_subgroups import audit_subgroups
from medimage.export.exported_model import ExportedModel
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.registry.compare_with_champion import compare_with_champion
from medimage.registry.registered_model import load_registered_model
from medimage.registry.version_reference import VersionReference
from steps.code_files import cache_on_code


@step(
    output_materializers={
        "served": ExportedModelMaterializer,
        "served_evaluation": EvaluationMaterializer,
        "served_gate_report": GateReportMaterializer,
        "precisions": PrecisionChoiceMaterializer,
    },
    cache_policy=cache_on_code(__name__),
)
def choose_precision(
    exported: ExportedModel,
    evaluation: Evaluation,
    gate_report: GateReport,
    images: ImageTable,
    pixels: PixelStore,
    audit: DataAudit,
    split: Split,
    shortcuts: ShortcutAudit,
    reduced_precision: ReducedPrecisionConfig,
    measuring: EvaluationConfig,
    subgroups: EvaluationConfig,
    gate: GateConfig,
    class_weights: ClassWeights,
    champion: VersionReference | None,
    tolerance: float,
    seed: int,
) -> tuple[
    Annotated[ExportedModel, "served"],
    Annotated[Evaluation, "served_evaluation"],
    Annotated[GateReport, "served_gate_report"],
    Annotated[PrecisionChoice, "precisions"],
]:
    """Gives the graph to serve, with what was measured of its own answers and the verdict on them.

    Args:
        exported: The graph in single precision.
        evaluation: What was measured of it.
        gate_report: The verdict on it.
        images: Encoded images, for the time of one image, the subgroups and the comparison with the champion.
        pixels: Decoded images: training images to calibrate on, test images to judge.
        audit: What is known about the data.
        split: Which images are for what, with its findings.
        shortcuts: How a model could be right without knowing medicine.
        reduced_precision: What is tried, and what it must prove.
        measuring: How the model was measured.
        subgroups: How its subgroups were.
        gate: The thresholds.
        class_weights: Weight of each class in the loss.
        champion: What the model was held against; none where there is no other champion.
        tolerance: A champion is the candidate itself where no probability differs by more.
        seed: Seed of the bootstrap and of the choice of calibration images.
    """
    gate_report.require_pass()
    # Imported here because PyTorch comes with it, which a run of cached steps should not wait for.
    from medimage.export.note_embeddings import ReferenceImages  # noqa: PLC0415
    from medimage.export.precision.choose_precision import choose_precision as choose  # noqa: PLC0415

    mitigated = mitigates(split.counts("train"), class_weights, threshold=gate.imbalance_ratio)
    findings = find_in_data(audit, split, shortcuts, imbalance_mitigated=mitigated)

    def judge_again(measured: Evaluation) -> GateReport:
        compared = None
        if champion is not None:
            model = load_registered_model(name=champion.name, version=champion.version)
            compared = compare_with_champion(measured, images, model, config=subgroups, tolerance=tolerance, seed=seed)
        return judge(
            evaluation=measured,
            data_findings=findings,
            config=gate,
            champion=compared,
            subgroups=audit_subgroups(measured, images, subgroups, seed=seed),
        )

    chosen = choose(
        exported,
        evaluation=evaluation,
        gate_report=gate_report,
        judge=judge_again,
        training=pixels.part(split, "train"),
        reference_images=ReferenceImages.sampled(pixels, split),
        test=pixels.part(split, "test"),
        encoded=images.encoded_part(split, "test", count=measuring.latency_images),
        config=reduced_precision,
        measuring=measuring,
        seed=seed,
    )
    return chosen.exported, chosen.evaluation, chosen.gate_report, chosen.choice

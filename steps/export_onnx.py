"""Step: export the model as one ONNX graph, and in further formats where wanted, and prove that each is the same."""

from typing import Annotated

from zenml import step

from materializers.exported_model import ExportedModelMaterializer
from medimage.config.delivery import ExportConfig
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code


@step(output_materializers={"exported": ExportedModelMaterializer}, cache_policy=cache_on_code(__name__))
def export_onnx(
    model: TrainedModel,
    evaluation: Evaluation,
    gate_report: GateReport,
    images: ImageTable,
    pixels: PixelStore,
    split: Split,
    export: ExportConfig,
    latency_images: int,
    latency_p95_limit_ms: float,
) -> Annotated[ExportedModel, "exported"]:
    """Exports a model that passed the gate; refuses any other.

    Args:
        model: The trained model.
        evaluation: Holds the temperature and the decision rules that go into the graph, and the predictions that it is
            compared with.
        gate_report: The verdict.
        images: Encoded images, to time the graph.
        pixels: Decoded images, to compare the graph with the model on all test images, and for what goes into the
            graph of how the training images are.
        split: Which images are training, validation and test images.
        export: Formats, operator set and tolerances.
        latency_images: Test images to time.
        latency_p95_limit_ms: The gate's limit, which the graph must keep as well.
    """
    gate_report.require_pass()
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.export.export_model import export_model  # noqa: PLC0415
    from medimage.export.note_embeddings import ReferenceImages  # noqa: PLC0415

    return export_model(
        model,
        temperature=evaluation.temperature.value,
        rules=evaluation.rules,
        data_sha256=split.content_hash,
        intensities=fit_intensity_reference(
            pixels.sampled_histograms(split, "train"), pixels.sampled_histograms(split, "validation")
        ),
        reference_images=ReferenceImages.sampled(pixels, split),
        config=export,
        test=pixels.part(split, "test"),
        judged=evaluation.test,
        encoded=images.encoded_part(split, "test", count=latency_images),
        latency_p95_limit_ms=latency_p95_limit_ms,
    )

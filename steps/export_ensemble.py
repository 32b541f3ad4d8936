"""Step: export the models of all folds as one ONNX graph, and prove that it is their mean."""

from typing import Annotated

from zenml import step

from materializers.exported_model import ExportedModelMaterializer
from medimage.config.delivery import ExportConfig
from medimage.data.folds_hash import hash_of_splits
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
def export_ensemble(
    models: list[TrainedModel],
    folds: list[Evaluation],
    gate_report: GateReport,
    images: ImageTable,
    pixels: PixelStore,
    splits: list[Split],
    export: ExportConfig,
    latency_images: int,
    latency_p95_limit_ms: float,
) -> Annotated[ExportedModel, "exported"]:
    """Exports the ensemble of a recipe that passed the gate; refuses any other.

    Args:
        models: The model of each fold.
        folds: The evaluation of each: its temperature, and the predictions that were judged.
        gate_report: The verdict on all of them together.
        images: Encoded images, to time the graph.
        pixels: Decoded images, to compare the graph with the models on all of them, and for the gray levels that go
            into the graph.
        splits: Which images each fold was tested on.
        export: Formats, operator set and tolerances.
        latency_images: Images to time.
        latency_p95_limit_ms: The gate's limit, which the graph must keep as well.
    """
    gate_report.require_pass()
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.export.export_ensemble import export_ensemble as export_together  # noqa: PLC0415

    return export_together(
        models,
        folds=folds,
        tested=[pixels.part(split, "test") for split in splits],
        encoded=images.encoded_part(splits[0], "test", count=latency_images),
        data_sha256=hash_of_splits(splits),
        # Every image is of the training of some model, but gray levels are of the images alone.
        intensities=fit_intensity_reference(
            pixels.sampled_histograms(splits[0], "train"), pixels.sampled_histograms(splits[0], "test")
        ),
        config=export,
        latency_p95_limit_ms=latency_p95_limit_ms,
    )

"""Step: ask the served graph about held-out images, for monitoring to compare later ones with."""

from typing import Annotated

from zenml import step

from materializers.monitoring_reference import MonitoringReferenceMaterializer
from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.errors import DataError
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.monitoring.measure_reference import images_per_case, sample_held_out
from medimage.monitoring.measure_reference import measure_reference as measure
from medimage.monitoring.reference import MonitoringReference
from steps.code_files import cache_on_code


@step(output_materializers={"reference": MonitoringReferenceMaterializer}, cache_policy=cache_on_code(__name__))
def measure_reference(
    exported: ExportedModel, gate_report: GateReport, images: ImageTable, split: Split
) -> Annotated[MonitoringReference, "reference"]:
    """Measures the reference of a model that passed the gate; refuses any other.

    Args:
        exported: The graph that is served.
        gate_report: The verdict on it.
        images: Encoded images.
        split: Which of them are held out.
    """
    gate_report.require_pass()
    chosen = sample_held_out(split)
    labels = dict(zip(split.image_ids, split.labels, strict=True))
    encoded = ((labels[image_id], content) for image_id, content in images.encoded_images(chosen))
    found = measure(exported.onnx, encoded, total=len(chosen), images_per_case=images_per_case(split))
    if found is None:
        raise DataError("Expected answers on the held-out images but the served graph gives none on any of them.")
    return found

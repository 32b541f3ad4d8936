"""Step: hold what a registered model says now against what it said when it was judged."""

from pathlib import Path
from typing import Annotated

from zenml import step

from materializers.monitoring_report import MonitoringReportMaterializer
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.history import history_file
from medimage.monitoring.image_window import ImageWindow, images_as_reference, images_as_window
from medimage.monitoring.monitor import monitor
from medimage.monitoring.monitoring_report import MonitoringReport
from medimage.monitoring.monitoring_request import MonitoringRequest
from medimage.monitoring.read_window import read_window
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.registered_model import load_registered_model
from medimage.registry.stored_reference import load_stored_reference
from medimage.registry.version_reference import VersionReference
from medimage.serving.feedback_log.reader import read_feedback_log
from medimage.serving.prediction_log.reader import read_prediction_log_files


@step(output_materializers={"monitoring": MonitoringReportMaterializer}, enable_cache=False)
def monitor_model(model: VersionReference, request: MonitoringRequest) -> Annotated[MonitoringReport, "monitoring"]:
    """Compares, tells, and appends to the history. It is never taken from the cache, because a log grows.

    Args:
        model: The version.
        request: What is looked at.
    """
    folder = request.reference_images
    reference = load_stored_reference(model) if folder is None else images_as_reference(_graph(model), Path(folder))
    seen = _window(model, reference, request)
    return monitor(
        reference,
        seen.window,
        model=model.title,
        source=request.source,
        feedback=None if request.feedback is None else read_feedback_log(Path(request.feedback)),
        labels=None if request.labels is None else seen.said,
        settings=DriftSettings(**{"images_per_case": reference.images_per_case, **request.settings}),
        history=history_file(model.onnx_sha256),
    )


def _window(model: VersionReference, reference: MonitoringReference, request: MonitoringRequest) -> ImageWindow:
    if request.source == "images":
        labels = None if request.labels is None else Path(request.labels)
        return images_as_window(_graph(model), Path(request.folder), reference=reference, labels=labels)
    logged = read_window(
        read_prediction_log_files(Path(request.folder)),
        sha256=model.onnx_sha256,
        classes=reference.observations.classes,
        projection=reference.projection,
        choice=request.choice,
    )
    return ImageWindow(window=logged, said={})


def _graph(model: VersionReference) -> bytes:
    return load_registered_model(name=model.name, version=model.version).onnx

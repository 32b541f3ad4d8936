"""From a prediction log, or a folder of images, to what has changed."""

from zenml import pipeline

from medimage.monitoring.monitoring_request import MonitoringRequest
from medimage.registry.version_reference import VersionReference
from pipelines.bound_step import bind
from steps.monitor_model import monitor_model


@pipeline(name="monitor", dynamic=True, enable_cache=False)
def monitor_pipeline(model: VersionReference, request: MonitoringRequest) -> None:
    """Holds what a registered model says now against what it said when it was judged.

    Args:
        model: The version.
        request: What is looked at.
    """
    bind(monitor_model, model=model, request=request)()

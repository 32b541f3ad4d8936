"""A pipeline that does nothing."""

from zenml import pipeline, step
from zenml.config import DockerSettings


@step
def idle() -> int:
    """Gives a number."""
    return 1


@pipeline(
    name="idle",
    dynamic=True,
    enable_cache=False,
    settings={"docker": DockerSettings(parent_image="registry.example.org/image:1", skip_build=True)},
)
def idle_pipeline() -> None:
    """Runs the step."""
    idle()

"""What becomes of a model that passed: export, registry, package, tracking."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.names import ResourceName
from medimage.config.section import Section


class ExportConfig(Section):
    """The ONNX graph."""

    opset: Annotated[int, Field(ge=18, le=23)] = 20
    """ONNX operator set."""

    parity_tolerance: Annotated[float, Field(gt=0, le=0.01)] = 1e-4
    """Largest difference of any probability from the one that was judged, over the whole test set. A champion within it
    counts as the same model, so it cannot be made large."""


class RegistryConfig(Section):
    """The model registry."""

    name: ResourceName | None = None
    """Registered model's name; `PROBLEM-MODEL` when not given."""

    experiment: str | None = None
    """MLflow experiment; the problem's name when not given."""


class TrackingConfig(Section):
    """Where training is logged, beside MLflow. A tracker that is down is a warning, never the end of a run."""

    csv: bool = False
    """Write a CSV file per stage, a line per epoch."""

    tensorboard: bool = False
    """Write TensorBoard event files."""

    models: bool = True
    """Store the best and the last weights of each stage in MLflow and Weights & Biases."""

    wandb: bool = False
    """Log to Weights & Biases; needs the extra `wandb` and, online, `WANDB_API_KEY`."""

    wandb_mode: Literal["online", "offline"] = "online"
    """`offline` keeps everything on disk, for `wandb sync`; the variable `WANDB_MODE` wins."""

    wandb_project: str = "medimage"
    """Weights & Biases project."""


class BentoConfig(Section):
    """The packaged service."""

    name: ResourceName | None = None
    """Bento's name; `medimage-PROBLEM` when not given."""

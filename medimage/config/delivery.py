"""What becomes of a model that passed: export, registry, package, tracking."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.names import ResourceName
from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.config.section import Section

FormatName = Literal["onnx", "torchscript", "torch_export"]
"""A format of an exported model."""


class ExportConfig(Section):
    """The model without its training code, in one or several formats."""

    formats: tuple[FormatName, ...] = ("onnx",)
    """What the model is written as. `onnx` is what is registered and served, so it is always among them. `torchscript`
    and `torch_export` (PyTorch's `.pt2`) are for programs that run PyTorch: the same pixels in, probabilities and
    logits out. All are held to the predictions that were judged, on every test image."""

    opset: Annotated[int, Field(ge=18, le=23)] = 20
    """ONNX operator set."""

    parity_tolerance: Annotated[float, Field(gt=0, le=0.01)] = 1e-4
    """Largest difference of any probability from the one that was judged, over the whole test set. A champion within it
    counts as the same model, so it cannot be made large."""

    embedding_tolerance: Annotated[float, Field(gt=0)] = 1e-3
    """Largest distance of any embedding from the trained network's, over the whole test set, as a share of the mean
    length of an embedding."""

    map_tolerance: Annotated[float, Field(gt=0)] = 1e-3
    """Largest difference of the graph's heat maps from Grad-CAM of the trained network, on some test images, as a share
    of the strongest evidence for or against the class."""

    reduced_precision: ReducedPrecisionConfig = ReducedPrecisionConfig()
    """Smaller graphs that may be served instead."""

    def at_full_precision(self) -> Self:
        """Returns what the graph in single precision depends on: the same, whatever else is tried after it."""
        return self.model_copy(update={"reduced_precision": ReducedPrecisionConfig()})

    @model_validator(mode="after")
    def _onnx_is_among_the_formats(self) -> Self:
        if "onnx" not in self.formats or len(set(self.formats)) < len(self.formats):
            raise ValueError(
                f"formats must name onnx, which is what is registered and served, and each format once: got "
                f"{list(self.formats)}"
            )
        return self


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

"""A trained network as data: what it is, its weights, and how it came to be."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.config.model import FlipName
from medimage.data.statistics import NormalizationStats
from medimage.models.history import TrainingHistory


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """All that is needed to build a network, without its weights.

    Attributes:
        name: Name under which the configuration asked for it.
        timm_name: timm's name of the backbone.
        head: `linear`, `medical` or `dense`.
        classes: Class names in the order of the outputs.
        input_size: Height and width of the input, in pixels.
        channels: Channels of the stored images: 1 is expanded to 3 at the network's door.
        normalization: Statistics applied to pixels scaled to [0, 1].
        options: Further keyword arguments of `timm.create_model`.
        test_time_augmentation: Flips under which the network looks at an image again outside of training, sorted;
            none in models that were stored before there was a choice.
    """

    name: str
    timm_name: str
    head: str
    classes: tuple[str, ...]
    input_size: int
    channels: int
    normalization: NormalizationStats
    options: dict[str, Any]
    test_time_augmentation: tuple[FlipName, ...] = ()

    def __post_init__(self) -> None:
        if self.channels != len(self.normalization.mean):
            raise ValueError(f"Expected statistics of {self.channels} channels but got {self.normalization.mean}")
        if self.input_size != self.normalization.input_size:
            raise ValueError(
                f"Expected statistics measured at {self.input_size} px but they were measured at "
                f"{self.normalization.input_size} px"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the specification as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the specification from what `to_dict` gave, also after a trip through JSON."""
        stats = values["normalization"]
        return cls(
            **{
                **values,
                "classes": tuple(values["classes"]),
                "test_time_augmentation": tuple(values.get("test_time_augmentation", ())),
                "normalization": NormalizationStats(
                    **{**stats, "mean": tuple(stats["mean"]), "std": tuple(stats["std"])}
                ),
            }
        )


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A network after one or two stages of training.

    Attributes:
        spec: What to build.
        weights: Best state by validation accuracy, as safetensors bytes.
        last_weights: State after the last epoch, as safetensors bytes.
        history: One record per epoch of every stage so far.
        parameters: Number of parameters in total.
    """

    spec: ModelSpec
    weights: bytes
    last_weights: bytes
    history: TrainingHistory
    parameters: int

    def weight_files(self) -> dict[str, bytes]:
        """Returns both states by the names of their files, `{model}-training_best_model` and `_last_model`."""
        best, last = weight_file_names(self.spec.name)
        return {best: self.weights, last: self.last_weights}


def weight_file_names(model: str) -> tuple[str, str]:
    """Returns the names of the files with the best and the last weights of a model."""
    name = model.replace("/", "_")
    return f"{name}-training_best_model.safetensors", f"{name}-training_last_model.safetensors"

"""Which network a name stands for, and how it is best fed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

from medimage.config.model import Statistics
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.config.yaml_text import read_yaml
from medimage.errors import ConfigurationError

_TABLE: Final = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, kw_only=True)
class LearningRates:
    """Learning rates that a system trained a network with.

    Attributes:
        frozen: Of the head, on a backbone of which nothing is trained.
        head: Of the head, while the backbone or its last blocks are trained with it.
        backbone: Of the backbone.
    """

    frozen: float
    head: float
    backbone: float

    def __post_init__(self) -> None:
        if min(self.frozen, self.head, self.backbone) <= 0:
            raise ValueError(f"Expected learning rates above 0 but got {self}")


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network that can be asked for by name.

    Attributes:
        name: Name in a configuration.
        timm_name: timm's name of the backbone.
        input_size: Height and width of the input it is meant for, in pixels; None where nothing says.
        normalization: Mean and deviation that `model.normalization: auto` stands for.
        batch_sizes: GPU memory in GiB and images per training batch on it, by memory; empty where nothing says.
        learning_rates: What `learning_rate: auto` stands for; None where nothing says.
    """

    name: str
    timm_name: str
    input_size: int | None
    normalization: Statistics = "training"
    batch_sizes: tuple[tuple[int, int], ...] = ()
    learning_rates: LearningRates | None = None

    def __post_init__(self) -> None:
        if self.normalization not in get_args(Statistics):
            raise ValueError(f"Expected normalization of {self.name} in {get_args(Statistics)} but got {self}")
        if self.input_size is not None and self.input_size < 16:
            raise ValueError(f"Expected {self.name} to take at least 16 px but got {self.input_size}")
        if any(memory < 1 or images < 2 for memory, images in self.batch_sizes):
            raise ValueError(f"Expected batches of at least 2 images for {self.name} but got {self.batch_sizes}")
        if list(self.batch_sizes) != sorted(self.batch_sizes):
            raise ValueError(f"Expected batch sizes of {self.name} by rising memory but got {self.batch_sizes}")

    @property
    def batch_size(self) -> int | None:
        """Images per batch on the smallest GPU that the table knows for it; None where it knows none."""
        return self.batch_sizes[0][1] if self.batch_sizes else None


def find_architecture(name: str) -> Architecture:
    """Finds a network by its name in the architecture table, or else among timm's models.

    timm, which takes seconds to import, is imported only for a name that the table does not have.

    Raises:
        ConfigurationError: If neither knows the name; the message gives the names most like it.
    """
    known = architecture_table()
    return known[name] if name in known else _find_in_timm(name)


@cache
def architecture_table() -> Mapping[str, Architecture]:
    """Returns the architectures of the table by name, in the table's order."""
    rows: dict[str, dict[str, Any]] = read_yaml(_TABLE.read_text(encoding="utf-8"), origin=_TABLE.name).values
    return MappingProxyType({name: _row(name, **row) for name, row in rows.items()})


def _row(
    name: str,
    *,
    batch_sizes: Mapping[str, int],
    learning_rates: Mapping[str, float] | float | None,
    **others: Any,
) -> Architecture:
    by_memory = sorted((int(memory.removesuffix(" GiB")), images) for memory, images in batch_sizes.items())
    rates = LearningRates(**learning_rates) if isinstance(learning_rates, Mapping) else None
    if isinstance(learning_rates, float):
        rates = LearningRates(frozen=learning_rates, head=learning_rates, backbone=learning_rates)
    return Architecture(name=name, batch_sizes=tuple(by_memory), learning_rates=rates, **others)


def _find_in_timm(name: str) -> Architecture:
    from medimage.models.timm_library import timm  # noqa: PLC0415  # takes seconds, and most names need none of it

    if not timm.is_model(name):
        near = nearest_names(name, dict.fromkeys([*architecture_table(), *timm.list_models()]))
        raise ConfigurationError(
            f"model.name: there is no architecture {name!r} in the table of medimage nor in timm "
            f"{timm.__version__}{did_you_mean(near)}"
        )
    architecture, _, tag = name.partition(".")
    tags = timm.list_pretrained(f"{architecture}.*")
    if "." in name and name not in tags:
        raise ConfigurationError(
            f"model.name: timm {timm.__version__} has no weights {tag!r} for {architecture!r}"
            f"{did_you_mean(nearest_names(name, tags) or tags[:3])}"
        )
    pretrained = timm.get_pretrained_cfg(name)
    return Architecture(
        name=name,
        timm_name=name,
        # timm gives channels, height, width; networks of this kind are square.
        input_size=None if pretrained is None else pretrained.input_size[1],
    )

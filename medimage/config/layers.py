"""Settings of one source with the origin of each, and how several sources become one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys of mappings and positions in lists, from the outside in."""


def dotted(path: KeyPath) -> str:
    """Writes the path of a value the way a person does: `data.classes[1]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The settings that one source gives.

    Attributes:
        values: Plain values: dict, list, str, int, float, bool or None.
        origins: Where each value came from, such as `configs/lung.yaml, line 12`, by its path.
    """

    values: Any
    origins: Mapping[KeyPath, str]

    def origin_of(self, path: KeyPath) -> str | None:
        """Returns the origin of the value at `path`, or of the nearest value around it; None for a default."""
        for length in range(len(path), 0, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return origin
        return None

    def origins_under(self, path: KeyPath) -> tuple[str, ...]:
        """Returns the distinct origins of the values below `path`, in order of appearance."""
        below = (origin for key, origin in self.origins.items() if len(key) > len(path) and key[: len(path)] == path)
        return tuple(dict.fromkeys(below))


def merge_values(base: Any, over: Any) -> Any:
    """Lays `over` on `base`: mappings merge key by key, at any depth; everything else is replaced.

    Neither argument is changed.
    """
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = dict(base)
    for key, value in over.items():
        merged[key] = merge_values(base[key], value) if key in base else value
    return merged


def merge_layers(base: Layer, over: Layer) -> Layer:
    """Lays one layer on another; what the upper one sets also has the upper one's origin."""
    return Layer(values=merge_values(base.values, over.values), origins={**base.origins, **over.origins})

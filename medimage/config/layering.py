"""How one source is laid on those before it, with what it takes back of them."""

from collections.abc import Iterator
from typing import Any

from medimage.config.layers import KeyPath, Layer, merge_layers
from medimage.config.schema import ConfigSchema


def lay(base: Layer, over: Layer, *, schema: ConfigSchema) -> Layer:
    """Lays one layer on another; an empty mapping of names that a person gives takes back all that lie below it.

    Merging key by key, `model.options: {}` would change nothing, and what a file has set could be changed by another
    one or on the command line, but not be undone. A section that is empty changes nothing.

    Args:
        base: The sources before.
        over: The source to lay on them.
        schema: The keys that exist.
    """
    values = base.values
    for path in _empty_mappings(over.values):
        if schema.has_free_names(path):
            values = _without(values, path)
    return merge_layers(Layer(values=values, origins=base.origins), over)


def _empty_mappings(values: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(values, dict):
        if not values:
            yield path
        for key, inner in values.items():
            yield from _empty_mappings(inner, (*path, key))


def _without(values: Any, path: KeyPath) -> Any:
    """Returns values with an empty mapping at `path`, where they have one there; nothing is changed in place."""
    if not isinstance(values, dict):
        return values
    if not path:
        return {}
    key, *rest = path
    return {**values, key: _without(values[key], tuple(rest))} if key in values else values

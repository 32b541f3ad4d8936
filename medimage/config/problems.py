"""From what the schema refused to sentences that a person can act on."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from medimage.config.layers import KeyPath, Layer, dotted
from medimage.config.schema import ConfigSchema
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import ConfigurationError

_LONGEST_VALUE = 60
_OF_A_KEY = "[key]"
"""How pydantic ends the place of an error that is of a key, and not of its value."""
_BOOLEANS_OF_YAML_1_1 = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def configuration_error(problems: Sequence[str]) -> ConfigurationError:
    """Returns the error that tells all problems at once, one a line."""
    if len(problems) == 1:
        return ConfigurationError(f"The configuration is wrong, so nothing was started: {problems[0]}")
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return ConfigurationError(f"The configuration has {len(problems)} problems, so nothing was started:\n{lines}")


def describe_problems(error: ValidationError, *, layer: Layer, schema: ConfigSchema) -> list[str]:
    """Says what is wrong with each key: what was expected, what came, and where it was set.

    Args:
        error: What validating `layer.values` raised.
        layer: All sources merged.
        schema: What was validated against.
    """
    by_path: dict[KeyPath, ErrorDetails] = {}
    for details in error.errors(include_url=False):
        path = _path_in(layer.values, details)
        # What a validator says in its own words is of the alternative that was meant.
        if path not in by_path or details["type"] == "value_error":
            by_path[path] = details
    # A union reports every alternative; what failed deepest is the alternative that was meant.
    deepest = [path for path in by_path if not any(_is_inside(other, path) for other in by_path)]
    return [_describe(path, by_path[path], layer=layer, schema=schema) for path in deepest]


def unknown_key(path: KeyPath, *, schema: ConfigSchema, dashes: str = "") -> str:
    """Says that a key does not exist and which ones are like it: its neighbours first, then keys anywhere.

    Args:
        path: The key.
        schema: The keys that exist.
        dashes: What a key starts with where it was written.
    """
    candidate, changed = schema.in_candidate(path)
    if changed:
        return f"{dashes}{dotted(candidate)}.{unknown_key(changed, schema=schema)}"
    keys = [setting.key for setting in schema.settings()]
    if not dashes and "." in str(path[-1]) and dotted(path) in keys:
        outer, _, inner = dotted(path).rpartition(".")
        return (
            f"{dotted(path)}: a key with dots is for the command line; in a file, write {inner} indented below {outer}"
        )
    name, parent = str(path[-1]), dotted(path[:-1])
    prefix = f"{parent}." if parent else ""
    siblings = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
    near: Iterable[str] = [prefix + s for s in nearest_names(name, [s for s in siblings if "." not in s])]
    if not near:
        # `epochs` alone, or `model.batch_size`: right name, wrong place.
        near = [key for key in keys if key.rpartition(".")[2] == name.lower()][:3] or nearest_names(dotted(path), keys)
    return f"{dashes}{dotted(path)}: there is no such key{did_you_mean(dashes + key for key in near)}"


def shown(value: Any) -> str:
    """Writes a value for a message, shortened."""
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _describe(path: KeyPath, details: ErrorDetails, *, layer: Layer, schema: ConfigSchema) -> str:
    if details["type"] == "extra_forbidden":
        return unknown_key(path, schema=schema) + _from((layer.origin_of(path),))
    if details["type"] == "value_error":
        reason = str(details.get("ctx", {}).get("error", details["msg"]))
        origins = layer.origins_under(path)
        return f"{dotted(path)}: {reason}{_from(origins)}" if path else reason
    if details["loc"][-1] == _OF_A_KEY and details["input"] == path[-1]:
        return f"{dotted(path)}: expected {schema.expected_name(path)}{_from((layer.origin_of(path),))}"
    found = schema.find(path)
    value = details["input"]
    if details["type"] == "missing" and path and isinstance(path[-1], int):
        # A list of fixed length that is too short: what matters is the list.
        path = path[:-1]
        found = schema.find(path)
    expected = details["msg"] if found is None else f"expected {schema.expected(found)}"
    hint = "" if found is None else _hint(value, found, schema=schema)
    return f"{dotted(path)}: {expected} but got {shown(value)}{hint}{_from((layer.origin_of(path),))}"


def _hint(value: Any, found: Any, *, schema: ConfigSchema) -> str:
    types = schema.types(found)
    if isinstance(value, str):
        if "boolean" in types and value.lower() in _BOOLEANS_OF_YAML_1_1:
            return f"; write {_BOOLEANS_OF_YAML_1_1[value.lower()]}"
        if "array" in types and "," in value:
            return f"; a list is written [{value}]"
        return did_you_mean(repr(word) for word in nearest_names(value, schema.choices(found)))
    if "string" in types and isinstance(value, bool | int | float) and not schema.choices(found):
        return f"; if it is a name, write it in quotes: '{shown(value)}'"
    return ""


def _from(origins: Iterable[str | None]) -> str:
    named = [origin for origin in origins if origin is not None]
    return f" ({', '.join(named[:3])}{', …' if len(named) > 3 else ''})" if named else ""


def _path_in(values: Any, details: ErrorDetails) -> KeyPath:
    """Returns where an error stands in the values, without the names that pydantic gives to alternatives of a union."""
    path: list[str | int] = []
    location = details["loc"]
    for part in location:
        if _has(values, part):
            path.append(part)
            values = values[part]
    if details["type"] == "missing":
        path.append(location[-1])
    return tuple(path)


def _has(values: Any, part: str | int) -> bool:
    if isinstance(values, list):
        return isinstance(part, int) and part < len(values)
    return isinstance(values, dict) and part in values


def _is_inside(path: KeyPath, outer: KeyPath) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer

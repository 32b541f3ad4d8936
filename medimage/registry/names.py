"""Names of parameters and metrics in MLflow."""

from collections.abc import Mapping
from typing import Any


def flatten(values: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Returns nested mappings as one, with dotted names; other values stay as they are."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, prefix=f"{name}.")
        else:
            flat[name] = value
    return flat


def allowed_name(name: str) -> str:
    """Returns a name as MLflow takes it: letters, digits and `_-. /` only; class names may hold others."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-. /") else "_" for letter in name)

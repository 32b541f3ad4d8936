"""Registered models with their versions, as a list tells them."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from medimage.registry.find_models import find_model_called, registered_models
from medimage.registry.look_up import versions_of
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import GATE_VERDICT, ONNX_SHA256, SEMANTIC_VERSION

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel


@dataclass(frozen=True, kw_only=True)
class ListedVersion:
    """A version, as its tags tell it.

    Attributes:
        version: The registry's own number.
        semantic_version: `MAJOR.MINOR.PATCH`; empty where it was registered by something else.
        aliases: Its aliases, sorted.
        verdict: Verdict of the gate; empty where it was registered by something else.
        registered: When, in UTC, as ISO 8601.
        onnx_sha256: SHA-256 of its graph; empty where it was registered by something else.
    """

    version: int
    semantic_version: str
    aliases: tuple[str, ...]
    verdict: str
    registered: str
    onnx_sha256: str


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """A registered model.

    Attributes:
        name: Its name.
        description: What it classifies, and for whom.
        versions: Its versions, the newest first.
    """

    name: str
    description: str
    versions: tuple[ListedVersion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)


def list_models(name: str | None = None) -> tuple[ListedModel, ...]:
    """Returns all registered models by name, or the one that is named.

    Raises:
        ConfigurationError: If there is no model of that name; with the nearest names.
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    found = registered_models() if name is None else {name: find_model_called(name)}
    if not found:
        return ()
    client = open_client()
    with registry_errors("The registered models cannot be listed"):
        return tuple(_listed(found[each], versions_of(client, each)) for each in sorted(found))


def registered_when(version: ModelVersion) -> str:
    """Returns when a version was registered, in UTC, as ISO 8601 to the second."""
    seconds = version.creation_timestamp / 1000
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).isoformat(timespec="seconds")


def _listed(model: RegisteredModel, versions: list[ModelVersion]) -> ListedModel:
    aliases: dict[str, list[str]] = {}
    for alias, number in model.aliases.items():
        aliases.setdefault(str(number), []).append(alias)
    return ListedModel(
        name=model.name,
        description=model.description or "",
        versions=tuple(
            ListedVersion(
                version=int(version.version),
                semantic_version=version.tags.get(SEMANTIC_VERSION, ""),
                aliases=tuple(sorted(aliases.get(str(version.version), ()))),
                verdict=version.tags.get(GATE_VERDICT, ""),
                registered=registered_when(version),
                onnx_sha256=version.tags.get(ONNX_SHA256, ""),
            )
            for version in reversed(versions)
        ),
    )

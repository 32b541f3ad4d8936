"""A version of a registered model as it stands in the registry now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import SEMANTIC_VERSION

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def describe_version(client: MlflowClient, *, name: str, version_number: str) -> RegisteredVersion:
    """Returns a registered version with its aliases.

    Raises:
        MlflowException: If there is no such version.
    """
    found = client.get_model_version(name, version_number)
    return RegisteredVersion(
        name=name,
        version=int(found.version),
        aliases=tuple(sorted(found.aliases)),
        uri=f"models:/{name}/{found.version}",
        run_id=found.run_id or "",
        semantic_version=found.tags[SEMANTIC_VERSION],
    )


def look_up(registered: RegisteredVersion) -> RegisteredVersion:
    """Returns a version as it stands in the registry now: its aliases may have gone to another one since.

    Args:
        registered: What registration gave, perhaps long ago.

    Raises:
        RegistryError: If it is not there any more, or the tracking server cannot be reached.
    """
    hint = "It may have been deleted, or another registry may be in use: --no-cache registers the model anew"
    return find_version(name=registered.name, version=registered.version, hint=f". {hint}")


def find_version(*, name: str, version: int, hint: str = "") -> RegisteredVersion:
    """Returns a version of a registered model as it stands in the registry now.

    Args:
        name: The registered model.
        version: Its number.
        hint: What to say where it cannot be had.

    Raises:
        RegistryError: If it is not there, or the tracking server cannot be reached.
    """
    client = open_client()
    with registry_errors(f"The model {name!r} version {version} cannot be looked up{hint}"):
        return describe_version(client, name=name, version_number=str(version))


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Returns all versions of a registered model, by number; none where there is no such model."""
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda version: int(version.version))

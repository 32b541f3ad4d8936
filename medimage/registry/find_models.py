"""Registered models by what a person calls them: NAME@ALIAS, NAME/VERSION, or all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import ConfigurationError
from medimage.registry.aliases import CHAMPION
from medimage.registry.look_up import versions_of
from medimage.registry.tracking_server import open_client, registry_errors, store_exists
from medimage.registry.version_reference import VersionReference
from medimage.registry.version_tags import ONNX_SHA256
from medimage.wording import listed

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

ALL = "all"
"""Stands for every version of every registered model."""

_CALLED = re.compile(r"(?P<name>[^@/\s]+)(?:@(?P<alias>[^@/\s]+)|/(?P<version>[1-9][0-9]*))")
_TOLD = 20
_EMPTY = (
    "no model is registered: pipelines.train_pipeline registers those that pass the gate. MLFLOW_TRACKING_URI names "
    "the registry."
)


def find_models(called: Sequence[str]) -> tuple[VersionReference, ...]:
    """Finds the versions that a person names.

    Args:
        called: Each `NAME@ALIAS` or `NAME/VERSION`, or `all` alone.

    Returns:
        Each version once, in the order in which they are named; of `all`, by name and number, without those that were
        registered by something else.

    Raises:
        ConfigurationError: If a name, alias or version is not there, or the registry is empty; with all of them, and
            the nearest names.
        RegistryError: If the tracking server cannot be reached or refuses, or a version was registered by something
            else.
    """
    malformed = [name for name in called if not _CALLED.fullmatch(name) and name != ALL]
    if malformed or not called or (ALL in called and len(called) > 1):
        raise ConfigurationError(
            f"--models: expected NAME@ALIAS or NAME/VERSION, several of them, or all alone, but got "
            f"{' '.join(called) or 'nothing'}"
        )
    registered = registered_models()
    if not registered:
        raise ConfigurationError(f"--models: {_EMPTY}")
    client = open_client()
    with registry_errors("The registered models cannot be looked up"):
        if list(called) == [ALL]:
            versions = [version for name in sorted(registered) for version in versions_of(client, name)]
            ours = [VersionReference.of(version) for version in versions if ONNX_SHA256 in version.tags]
            if not ours:
                raise ConfigurationError("--models: no registered version is one that this project registered")
            return tuple(ours)
        found = [_find(client, name, registered) for name in called]
    problems = [each for each in found if isinstance(each, str)]
    if problems:
        raise ConfigurationError("\n".join(f"--models: {problem}" for problem in problems))
    return tuple(dict.fromkeys(VersionReference.of(each) for each in found if not isinstance(each, str)))


def find_version_called(called: str) -> VersionReference:
    """Finds the version that a person names, by its name alone the champion, or the newest where there is none.

    Args:
        called: `NAME`, `NAME@ALIAS` or `NAME/VERSION`.

    Raises:
        ConfigurationError: If there is no such model, alias or version; with the nearest names.
        RegistryError: If the tracking server cannot be reached or refuses, or the version was registered by something
            else.
    """
    if "@" in called or "/" in called:
        return _one_called(called)
    model = find_model_called(called)
    if CHAMPION in model.aliases:
        return _one_called(f"{called}@{CHAMPION}")
    client = open_client()
    with registry_errors(f"The versions of {called!r} cannot be looked up"):
        versions = versions_of(client, called)
    if not versions:
        raise ConfigurationError(f"{called!r} has no version: its registration did not come to its end")
    return VersionReference.of(versions[-1])


def find_model_called(name: str) -> RegisteredModel:
    """Finds a registered model by its name.

    Raises:
        ConfigurationError: If there is none; with the nearest names.
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    registered = registered_models()
    if name not in registered:
        raise ConfigurationError(_no_such_model(name, registered) if registered else _EMPTY)
    return registered[name]


def _one_called(called: str) -> VersionReference:
    if not _CALLED.fullmatch(called):
        raise ConfigurationError(f"expected NAME, NAME@ALIAS or NAME/VERSION but got {called}")
    registered = registered_models()
    if not registered:
        raise ConfigurationError(_EMPTY)
    client = open_client()
    with registry_errors("The registered models cannot be looked up"):
        found = _find(client, called, registered)
    if isinstance(found, str):
        raise ConfigurationError(found)
    return VersionReference.of(found)


def _no_such_model(name: str, registered: dict[str, RegisteredModel]) -> str:
    near = nearest_names(name, registered)
    known = listed(sorted(registered), most=_TOLD)
    return f"there is no registered model {name!r}{did_you_mean(near) or f'; there are {known}'}"


def registered_models() -> dict[str, RegisteredModel]:
    """Returns all registered models by name, with their aliases.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    if not store_exists():
        return {}
    client = open_client()
    with registry_errors("The registered models cannot be listed"):
        models: dict[str, RegisteredModel] = {}
        token = None
        while True:
            page = client.search_registered_models(page_token=token)
            models |= {model.name: model for model in page}
            token = page.token
            if not token:
                return models


def _find(client: MlflowClient, called: str, registered: dict[str, RegisteredModel]) -> ModelVersion | str:
    """Returns the version, or what is wrong with the name."""
    match = _CALLED.fullmatch(called)
    if match is None:
        return f"expected NAME@ALIAS or NAME/VERSION but got {called}"
    name = match["name"]
    if name not in registered:
        return f"{called}: {_no_such_model(name, registered)}"
    versions = {str(version.version): version for version in versions_of(client, name)}
    if match["version"] is not None:
        there = listed(sorted(versions, key=int), most=_TOLD) or "none"
        return versions.get(match["version"]) or f"{called}: {name!r} has no such version; its versions: {there}"
    aliases = {alias: str(number) for alias, number in registered[name].aliases.items()}
    number = aliases.get(match["alias"])
    if number is None or number not in versions:
        near = nearest_names(match["alias"], aliases)
        known = listed(sorted(aliases), most=_TOLD) or "none"
        return f"{called}: {name!r} has no such alias{did_you_mean(near) or f'; its aliases: {known}'}"
    # A listing may leave out tags that were set later; the version itself has all.
    return client.get_model_version(name, number)

"""Registered models by what a person calls them: NAME@ALIAS, NAME/VERSION, or all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import ConfigurationError
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


def find_models(called: Sequence[str], *, option: str = "--models") -> tuple[VersionReference, ...]:
    """Finds the versions that a person names.

    Args:
        called: Each `NAME@ALIAS` or `NAME/VERSION`, or `all` alone.
        option: What messages call the place where they were named.

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
            f"{option}: expected NAME@ALIAS or NAME/VERSION, several of them, or all alone, but got "
            f"{' '.join(called) or 'nothing'}"
        )
    registered = _registered_models()
    if not registered:
        raise ConfigurationError(
            f"{option}: no model is registered: pipelines.train_pipeline registers those that pass the gate. "
            "MLFLOW_TRACKING_URI names the registry."
        )
    client = open_client()
    with registry_errors("The registered models cannot be looked up"):
        if list(called) == [ALL]:
            versions = [version for name in sorted(registered) for version in _versions(client, name)]
            ours = [VersionReference.of(version) for version in versions if ONNX_SHA256 in version.tags]
            if not ours:
                raise ConfigurationError(f"{option}: no registered version is one that this project registered")
            return tuple(ours)
        found = [_find(client, name, registered) for name in called]
    problems = [each for each in found if isinstance(each, str)]
    if problems:
        raise ConfigurationError("\n".join(f"{option}: {problem}" for problem in problems))
    return tuple(dict.fromkeys(VersionReference.of(each) for each in found if not isinstance(each, str)))


def names_with_alias(alias: str) -> tuple[str, ...]:
    """Returns the registered models of which a version has an alias, sorted.

    Args:
        alias: Such as `champion`.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    return tuple(sorted(name for name, model in _registered_models().items() if alias in model.aliases))


def _registered_models() -> dict[str, RegisteredModel]:
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


def _versions(client: MlflowClient, name: str) -> list[ModelVersion]:
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda version: int(version.version))


def _find(client: MlflowClient, called: str, registered: dict[str, RegisteredModel]) -> ModelVersion | str:
    """Returns the version, or what is wrong with the name."""
    match = _CALLED.fullmatch(called)
    if match is None:
        return f"expected NAME@ALIAS or NAME/VERSION but got {called}"
    name = match["name"]
    if name not in registered:
        near = nearest_names(name, registered)
        known = listed(sorted(registered), most=_TOLD)
        return f"{called}: there is no registered model {name!r}{did_you_mean(near) or f'; there are {known}'}"
    versions = {str(version.version): version for version in _versions(client, name)}
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

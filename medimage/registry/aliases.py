"""The names by which versions of a registered model are known: champion, challenger, previous."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
"""Alias of the version in use."""

CHALLENGER = "challenger"
"""Alias of a version that passed the gate and is about to be compared with the champion."""

PREVIOUS = "previous"
"""Alias of the champion before: where a rollback goes."""


def make_champion(client: MlflowClient, *, name: str, version_number: str) -> None:
    """Makes a version the challenger, then the champion; the champion before it becomes the previous one."""
    client.set_registered_model_alias(name, CHALLENGER, version_number)
    champion = client.get_registered_model(name).aliases.get(CHAMPION)
    if champion is not None and str(champion) != version_number:
        client.set_registered_model_alias(name, PREVIOUS, str(champion))
    client.set_registered_model_alias(name, CHAMPION, version_number)
    client.delete_registered_model_alias(name, CHALLENGER)


@contextmanager
def aliases_restored_on_failure(client: MlflowClient, *, name: str) -> Iterator[None]:
    """Gives every alias back to the version that had it where the block fails."""
    before = dict(client.get_registered_model(name).aliases)
    try:
        yield
    except BaseException:
        for alias in client.get_registered_model(name).aliases.keys() - before.keys():
            client.delete_registered_model_alias(name, alias)
        for alias, owner in before.items():
            client.set_registered_model_alias(name, alias, str(owner))
        raise

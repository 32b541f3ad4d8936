"""The names by which versions of a registered model are known: champion, challenger, previous."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION: Final = "champion"
"""Alias of the version in use."""

CHALLENGER: Final = "challenger"
"""Alias of a version that passed the gate and is about to be compared with the champion."""

PREVIOUS: Final = "previous"
"""Alias of the champion before: where a rollback goes."""

ChampionOrChallenger = Literal["champion", "challenger"]
"""What a version becomes when it is registered."""


def make_champion(client: MlflowClient, *, name: str, version_number: str) -> None:
    """Makes a version the challenger, then the champion; the champion before it becomes the previous one."""
    client.set_registered_model_alias(name, CHALLENGER, version_number)
    champion = client.get_registered_model(name).aliases.get(CHAMPION)
    if champion is not None and str(champion) != version_number:
        client.set_registered_model_alias(name, PREVIOUS, str(champion))
    client.set_registered_model_alias(name, CHAMPION, version_number)
    client.delete_registered_model_alias(name, CHALLENGER)


def make_challenger(client: MlflowClient, *, name: str, version_number: str) -> None:
    """Makes a version the challenger, beside the champion; one that was it before is no longer."""
    client.set_registered_model_alias(name, CHALLENGER, version_number)


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

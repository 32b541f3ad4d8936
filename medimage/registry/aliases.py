"""The names by which versions of a registered model are known: champion, challenger, previous."""

from __future__ import annotations

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


def make_challenger(client: MlflowClient, *, name: str, version_number: str) -> None:
    """Makes a version the challenger, beside the champion; one that was it before is no longer."""
    client.set_registered_model_alias(name, CHALLENGER, version_number)


def make_champion(client: MlflowClient, *, name: str, version_number: str) -> None:
    """Makes a version the champion, and the champion before it the previous one; another challenger stays.

    Where it is cut off in between, champion and previous one are the same version, which `roll_back` understands.
    """
    owners = client.get_registered_model(name).aliases
    champion = owners.get(CHAMPION)
    if champion is not None and str(champion) != version_number:
        client.set_registered_model_alias(name, PREVIOUS, str(champion))
    client.set_registered_model_alias(name, CHAMPION, version_number)
    if str(owners.get(CHALLENGER)) == version_number:
        client.delete_registered_model_alias(name, CHALLENGER)


def return_to_champion(client: MlflowClient, *, name: str, version_number: str, previous: str | None) -> None:
    """Makes an earlier champion the champion again.

    Where it is cut off in between, champion and previous one are the same version, which `roll_back` understands.

    Args:
        client: The registry.
        name: The registered model.
        version_number: The version.
        previous: The one that was the champion before it; None where none is known.
    """
    client.set_registered_model_alias(name, CHAMPION, version_number)
    if previous is not None:
        client.set_registered_model_alias(name, PREVIOUS, previous)
    elif PREVIOUS in client.get_registered_model(name).aliases:
        client.delete_registered_model_alias(name, PREVIOUS)

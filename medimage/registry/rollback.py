"""A person brings the champion before back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from medimage.errors import RegistryError
from medimage.registry.aliases import CHAMPION, PREVIOUS, return_to_champion
from medimage.registry.champion_change import Action, Author
from medimage.registry.champion_history import read_history, record_change
from medimage.registry.look_up import versions_of
from medimage.registry.promotion import ChangedChampion, changed_champion
from medimage.registry.registered_model import load_registered_model
from medimage.registry.taken_back import aliases_restored_on_failure
from medimage.registry.tracking_server import open_client, registry_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient


def roll_back(name: str, *, author: Author) -> ChangedChampion:
    """Makes the champion before the champion again, and records who did so.

    A second rollback goes one version further back: what was rolled back does not become the previous champion. The
    version that comes back has been the champion, so it is not judged again; its graph must be the one that was
    registered.

    Args:
        name: The registered model.
        author: Who asks for it, and why.

    Raises:
        RegistryError: If there is no champion before, its files are not those that were registered, or the server
            cannot be reached or refuses.
    """
    client = open_client()
    with registry_errors(
        f"The rollback of {name!r} did not come to its end (before another one, see with medimage registry list {name} "
        "which version is the champion)"
    ):
        owners = client.get_registered_model(name).aliases
        champion, previous = owners.get(CHAMPION), owners.get(PREVIOUS)
        if champion is None:
            raise RegistryError(
                f"Expected {name!r} to have a champion but it has none, so there is nothing to roll back: medimage "
                f"registry promote {name}/VERSION makes a version the champion."
            )
        history = read_history(client, name)
        # Whatever is cut off leaves both aliases with one version.
        is_cut_off = previous is not None and str(previous) == str(champion)
        last = history.changes[-1] if history.changes else None
        if is_cut_off and last and last.action is Action.ROLLED_BACK and last.after == int(champion):
            # Who asks again after an error asks for the same rollback, and not for a second one.
            _return_to(client, name, int(champion))
            return changed_champion(client, name, champion=int(champion), change=last)
        known = () if previous is None or is_cut_off else (int(previous),)
        target = _first_there(client, name, (*known, *history.champions_before(int(champion))))
        if target is None:
            raise RegistryError(
                f"Expected a champion before version {champion} of {name!r} but none is known, so there is nothing to "
                f"go back to. medimage registry list {name} shows its versions, medimage registry promote makes one of "
                "them the champion."
            )
        load_registered_model(name=name, version=target)
        with aliases_restored_on_failure(client, name=name):
            change = record_change(
                client,
                name,
                action=Action.ROLLED_BACK,
                author=author,
                before=int(champion),
                after=target,
                forced=False,
            )
            _return_to(client, name, target)
        return changed_champion(client, name, champion=target, change=change)


def _return_to(client: MlflowClient, name: str, target: int) -> None:
    below = _first_there(client, name, read_history(client, name).champions_before(target))
    return_to_champion(client, name=name, version_number=str(target), previous=None if below is None else str(below))


def _first_there(client: MlflowClient, name: str, numbers: Iterable[int]) -> int | None:
    """Returns the first of some versions that was not deleted since."""
    there = {int(version.version) for version in versions_of(client, name)}
    return next((number for number in numbers if number in there), None)

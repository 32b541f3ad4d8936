"""Which version a retraining made the champion, by what the registry has on record."""

from __future__ import annotations

from medimage.registry.aliases import CHAMPION
from medimage.registry.champion_change import Action
from medimage.registry.champion_history import ChampionHistory
from medimage.registry.tracking_server import open_client, registry_errors, store_exists


def version_promoted_in(run_id: str, *, name: str) -> int | None:
    """Returns the number of the version that a run made the champion, also where another one is that by now.

    Args:
        run_id: The run.
        name: The registered model.

    Returns:
        None where it made none, or was cut off before the change that it had put on record.

    Raises:
        RegistryError: If the server cannot be reached or refuses.
    """
    if not store_exists():
        return None
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    client = open_client()
    with registry_errors(f"The champion of {name!r} cannot be looked up"):
        try:
            model = client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        changes = ChampionHistory.of(model.tags).changes
        made = [
            number
            for number, change in enumerate(changes)
            if change.action is Action.PROMOTED and change.by == author_of(run_id)
        ]
        if not made:
            return None
        version = changes[made[-1]].after
        # A change is put on record before it is made: what was in use next tells whether it was.
        later = changes[made[-1] + 1 :]
        in_use = later[0].before if later else model.aliases.get(CHAMPION)
        return version if str(in_use) == str(version) else None


def author_of(run_id: str) -> str:
    """Returns the name under which a run stands in the history of the champion."""
    return f"run {run_id}"[:100]

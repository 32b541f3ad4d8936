"""The alias that a version gets when it is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medimage.registry.aliases import CHAMPION, ChampionOrChallenger, make_challenger, make_champion
from medimage.registry.champion_change import Action, Author
from medimage.registry.champion_history import record_change

if TYPE_CHECKING:
    from mlflow import MlflowClient


def give_alias(
    client: MlflowClient, *, name: str, version_number: str, alias: ChampionOrChallenger, run_id: str
) -> None:
    """Makes a version the champion, which is recorded, or the challenger.

    Args:
        client: The registry.
        name: The registered model.
        version_number: The version.
        alias: What it becomes.
        run_id: The pipeline run that registers it.

    Raises:
        MlflowException: If the server refuses.
    """
    if alias != CHAMPION:
        make_challenger(client, name=name, version_number=version_number)
        return
    champion = client.get_registered_model(name).aliases.get(CHAMPION)
    record_change(
        client,
        name,
        action=Action.REGISTERED,
        author=Author(by=f"run {run_id}"),
        before=None if champion is None else int(champion),
        after=int(version_number),
        forced=False,
    )
    make_champion(client, name=name, version_number=version_number)

"""A person makes a registered version the champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medimage.errors import GateNotPassedError, RegistryError
from medimage.evaluation.gate.criterion import Verdict
from medimage.registry.aliases import CHALLENGER, CHAMPION, PREVIOUS, make_champion
from medimage.registry.champion_change import Action, Author, ChampionChange
from medimage.registry.champion_history import record_change
from medimage.registry.lineage import COMPARED_WITH
from medimage.registry.model_answers import open_classifier
from medimage.registry.registered_model import RegisteredModel, load_registered_model
from medimage.registry.taken_back import aliases_restored_on_failure
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_reference import VersionReference
from medimage.registry.version_tags import COMPARISON, GATE_VERDICT, NOT_BETTER
from medimage.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

FORCED_BY, FORCED_BECAUSE = "forced_by", "forced_because"
"""Tags of a version that was last promoted against a refusal."""


@dataclass(frozen=True, kw_only=True)
class ChangedChampion:
    """What a promotion or a rollback came to.

    Attributes:
        name: The registered model.
        champion: Number of the version that is the champion now.
        previous: Number of the version that a rollback goes to; None where there is none.
        change: The record of the change; None where the version was the champion already.
        overruled: What spoke against it.
    """

    name: str
    champion: int
    previous: int | None
    change: ChampionChange | None
    overruled: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "name": self.name,
            "champion": self.champion,
            "previous": self.previous,
            "changed": self.change is not None,
            "change": None if self.change is None else self.change.to_dict(),
            "overruled": list(self.overruled),
        }


def promote_version(reference: VersionReference, *, author: Author) -> ChangedChampion:
    """Makes a version the champion, and records who did so; the champion before it becomes the previous one.

    Its graph must be the one that was registered, which no force overrules. It must have passed the gate, by its tag
    and by its stored card. Where the comparison with the champion was required, it must have been held against the
    version that is the champion now, and must not have failed to be better. And its graph must be one that opens here
    and answers as it noted of itself.

    Args:
        reference: The version.
        author: Who asks for it; may force it, with a reason.

    Returns:
        What it came to; nothing is changed where the version is the champion already.

    Raises:
        GateNotPassedError: If the gate was not passed and nothing is forced.
        RegistryError: If it was not compared with the champion or its graph cannot be opened, and nothing is forced; if
            its files are not those that were registered; or if the server cannot be reached or refuses.
    """
    client, name = open_client(), reference.name
    with registry_errors(f"{reference.title} cannot be made the champion"):
        champion = _number(client, name, CHAMPION)
        if champion == reference.version:
            if _number(client, name, CHALLENGER) == champion:
                # A promotion that was cut off at its very end left it.
                client.delete_registered_model_alias(name, CHALLENGER)
            return changed_champion(client, name, champion=reference.version)
        model = load_registered_model(name=name, version=reference.version)
        tags = client.get_model_version(name, str(reference.version)).tags
        gate, comparison = _against_gate(model, tags), _against_comparison(tags, champion)
        refusals = tuple(reason for reason in (gate, comparison, _against_opening(model)) if reason is not None)
        if refusals and not author.force:
            refused = GateNotPassedError if gate is not None else RegistryError
            raise refused(
                f"{reference.title} is not made the champion: {listed(refusals)}. --force --reason TEXT --by NAME does "
                "it nevertheless, and who did so and why is kept with the version."
            )
        with aliases_restored_on_failure(client, name=name):
            change = record_change(
                client,
                name,
                action=Action.PROMOTED,
                author=author,
                before=champion,
                after=reference.version,
                forced=bool(refusals),
            )
            if refusals:
                number = str(reference.version)
                client.set_model_version_tag(name, number, FORCED_BY, author.by)
                client.set_model_version_tag(name, number, FORCED_BECAUSE, author.reason)
            make_champion(client, name=name, version_number=str(reference.version))
        return changed_champion(client, name, champion=reference.version, change=change, overruled=refusals)


def changed_champion(
    client: MlflowClient,
    name: str,
    *,
    champion: int,
    change: ChampionChange | None = None,
    overruled: tuple[str, ...] = (),
) -> ChangedChampion:
    """Returns what a promotion or a rollback came to, with the previous champion as it stands in the registry now."""
    return ChangedChampion(
        name=name, champion=champion, previous=_number(client, name, PREVIOUS), change=change, overruled=overruled
    )


def _number(client: MlflowClient, name: str, alias: str) -> int | None:
    found = client.get_registered_model(name).aliases.get(alias)
    return None if found is None else int(found)


def _against_gate(model: RegisteredModel, tags: Mapping[str, str]) -> str | None:
    tagged, stored = tags.get(GATE_VERDICT, "none"), str(model.card.gate.get("verdict", "none"))
    if tagged != stored:
        return f"its tag {GATE_VERDICT} says {tagged} and its stored card says {stored}, so one of them was changed"
    if tagged != Verdict.PASS.value:
        return f"it did not pass the medical validation gate ({tagged})"
    return None


def _against_opening(model: RegisteredModel) -> str | None:
    try:
        open_classifier(model)
    except RegistryError as error:
        return f"nobody could be answered by it: {str(error)[:1].lower()}{str(error)[1:]}".rstrip(".")
    return None


def _against_comparison(tags: Mapping[str, str], champion: int | None) -> str | None:
    # A version of before the setting was kept is taken to have had the default.
    if champion is None or tags.get(COMPARISON, "require") != "require":
        return None
    compared = tags.get(COMPARED_WITH)
    if compared == str(champion):
        return (
            f"it is not shown to be better than version {champion}: {tags[NOT_BETTER]}" if NOT_BETTER in tags else None
        )
    held = "no champion" if compared is None else f"version {compared}"
    return (
        f"it was held against {held} and not against version {champion}, which is the champion now "
        "(gate.champion.comparison was require)"
    )

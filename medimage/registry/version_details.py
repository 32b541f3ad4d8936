"""Everything that a person needs to decide about a registered version."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from medimage.registry.aliases import CHAMPION
from medimage.registry.champion_change import ChampionChange
from medimage.registry.champion_history import ChampionHistory
from medimage.registry.lineage import COMPARED_WITH
from medimage.registry.look_up import describe_version, versions_of
from medimage.registry.model_card import ModelCard, json_ready
from medimage.registry.model_files import read_stored_card
from medimage.registry.model_list import registered_when
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_evaluations import evaluations_in
from medimage.registry.version_reference import VersionReference
from medimage.registry.version_tags import (
    COMPARISON,
    FULL_PRECISION_SHA256,
    GATE_VERDICT,
    NOT_BETTER,
    ONNX_SHA256,
    PRECISION,
    RETRAINED_BECAUSE,
    RETRAINING_OUTCOME,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_LINEAGE: Final = (
    "run_id",
    "config_hash",
    "data_hash",
    "evidence_hash",
    "evidence_claims_sha256",
    ONNX_SHA256,
    PRECISION,
    FULL_PRECISION_SHA256,
    COMPARED_WITH,
    COMPARISON,
    NOT_BETTER,
    RETRAINED_BECAUSE,
    RETRAINING_OUTCOME,
)
"""Tags that tell what a version came from."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file that is stored with a version.

    Attributes:
        name: Its path below the version's folder.
        size: In bytes; None where the store does not tell.
    """

    name: str
    size: int | None


@dataclass(frozen=True, kw_only=True)
class VersionDetails:
    """A registered version.

    Attributes:
        version: The version, with its aliases.
        registered: When, in UTC, as ISO 8601.
        card: Its stored card: metrics with intervals, the gate's verdict and criteria, data, limits.
        tagged_verdict: The gate's verdict by its tag; empty where there is none.
        lineage: Hashes and names of what it came from, as far as its tags tell them.
        evaluations: What was found out on other data since: `key`, `verdict`, `accuracy`, `images`, `data_hash`,
            `run_id`.
        files: What is stored with it.
        history: Changes of the champion that concern this version, from the first to the last.
        warnings: What does not fit together: somebody should look at it before the version is used.
    """

    version: RegisteredVersion
    registered: str
    card: ModelCard
    tagged_verdict: str
    lineage: dict[str, str]
    evaluations: tuple[dict[str, str], ...]
    files: tuple[StoredFile, ...]
    history: tuple[ChampionChange, ...]
    warnings: tuple[str, ...]

    @property
    def unmet(self) -> tuple[dict[str, Any], ...]:
        """The criteria of the gate that were not passed."""
        return tuple(each for each in self.card.gate.get("criteria", ()) if each["verdict"] != "PASS")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return json_ready(
            {
                **self.version.to_dict(),
                "registered": self.registered,
                "verdict": self.tagged_verdict,
                "unmet_criteria": self.unmet,
                "lineage": self.lineage,
                "evaluations": self.evaluations,
                "files": [asdict(file) for file in self.files],
                "history": [change.to_dict() for change in self.history],
                "warnings": self.warnings,
                "card": self.card.to_dict(),
            }
        )


def read_version_details(reference: VersionReference) -> VersionDetails:
    """Reads what is known of a version from the registry and the files that are stored with it.

    Raises:
        RegistryError: If its card cannot be read, or the tracking server cannot be reached or refuses.
    """
    client, name, number = open_client(), reference.name, reference.version
    with registry_errors(f"{reference.title} cannot be shown"):
        found = client.get_model_version(name, str(number))
        version = describe_version(client, name=name, version_number=str(number))
        card = read_stored_card(version.uri)
        model = client.get_registered_model(name)
        history = ChampionHistory.of(model.tags, version_tags=[each.tags for each in versions_of(client, name)])
        owner = model.aliases.get(CHAMPION)
        return VersionDetails(
            version=version,
            registered=registered_when(found),
            card=card,
            tagged_verdict=found.tags.get(GATE_VERDICT, ""),
            lineage={tag: found.tags[tag] for tag in _LINEAGE if tag in found.tags},
            evaluations=evaluations_in(found.tags),
            files=_files(client, found),
            history=tuple(change for change in history.changes if number in (change.before, change.after)),
            warnings=(
                *_of_verdict(found.tags.get(GATE_VERDICT, "none"), card),
                *_of_card(found, card),
                *history.problems,
                *_of_champion(None if owner is None else int(owner), history),
            ),
        )


def _of_verdict(tagged: str, card: ModelCard) -> tuple[str, ...]:
    stored = str(card.gate.get("verdict", "none"))
    return (f"its tag {GATE_VERDICT} says {tagged} and its stored card says {stored}",) if tagged != stored else ()


def _of_card(found: ModelVersion, card: ModelCard) -> tuple[str, ...]:
    differing = [
        name for name, value in card.provenance.to_dict().items() if name in found.tags and found.tags[name] != value
    ]
    return tuple(f"its tag {name} is not what its stored card says" for name in differing)


def _of_champion(champion: int | None, history: ChampionHistory) -> tuple[str, ...]:
    if not history.changes or history.changes[-1].after == champion:
        return ()
    now = "no version is" if champion is None else f"version {champion} is"
    return (
        f"by the last record version {history.changes[-1].after} is the champion, but {now}: the change was cut off, "
        "or the alias was moved by other means",
    )


def _files(client: MlflowClient, found: ModelVersion) -> tuple[StoredFile, ...]:
    prefix = f"runs:/{found.run_id}/"
    if not found.run_id or not (found.source or "").startswith(prefix):
        return ()
    folder = str(found.source).removeprefix(prefix)
    return tuple(
        StoredFile(name=entry.path.removeprefix(f"{folder}/"), size=entry.file_size)
        for entry in client.list_artifacts(found.run_id, folder)
        if not entry.is_dir
    )

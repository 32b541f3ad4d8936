"""Registration of models that passed the gate."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.registry.aliases import (
    CHAMPION,
    ChampionOrChallenger,
    aliases_restored_on_failure,
    make_challenger,
    make_champion,
)
from medimage.registry.held_against import HeldAgainst
from medimage.registry.lineage import Lineage
from medimage.registry.model_card import ModelCard
from medimage.registry.model_files import read_stored_card, write_model_files
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.registration import Registration
from medimage.registry.runs import find_or_create_run
from medimage.registry.semantic_version import ModelContract, SemanticVersion, next_version
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import ONNX_SHA256, SEMANTIC_VERSION

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_EVIDENCE = "evidence_hash"
_ANSWERS, _ARCHITECTURE = "contract_answers", "contract_architecture"
_STATE, _REGISTERING, _REGISTERED = "registration", "started", "complete"

# Columns of MLflow's database hold so many characters (mlflow.store.model_registry.dbmodels).
_LONGEST_DESCRIPTION = 5000


def register_model(
    *,
    exported: ExportedModel,
    card: ModelCard,
    gate_report: GateReport,
    lineage: Lineage,
    name: str,
    experiment: str,
    alias: ChampionOrChallenger = CHAMPION,
    held_against: HeldAgainst | None = None,
) -> Registration:
    """Registers a model that passed the gate and makes it the champion, or the challenger.

    The new version becomes `challenger` first, then `champion`; the champion before it becomes `previous`. The files
    lie in the MLflow run of the pipeline run named by the card's provenance. After an error, no version is left
    behind, and every alias is where it was.

    The same graph with the same evidence is registered once. A second call gives the version that is there, with the
    card that is stored with it, and gives it the alias again where another version has got it since: whoever runs the
    registration anew asks for this model.

    The version loads with `mlflow.onnx.load_model("models:/NAME@champion")` and with `mlflow.pyfunc.load_model`.

    Args:
        exported: The model.
        card: Its card; the version it gets here is written into the copy that is stored.
        gate_report: The verdict on it.
        lineage: What it was trained and validated on, and which champion it was held against.
        name: Name of the registered model; created when missing.
        experiment: MLflow experiment of the run.
        alias: What the version becomes; a challenger leaves the champion where it is.
        held_against: The champion that it was compared with and may replace; None where it may replace any.

    Raises:
        GateNotPassedError: If the gate did not pass.
        RegistryError: If the tracking server cannot be reached or refuses, or the champion is another one by now.
    """
    gate_report.require_pass()
    client = open_client()
    with registry_errors(f"The model {name!r} cannot be registered"):
        with _registered_name(client, name):
            version_number = _find_registered(
                client,
                name=name,
                exported=exported,
                card=card,
                predictions=lineage.predictions,
                alias=alias,
                held_against=held_against,
            )
            if version_number is None:
                if held_against is not None:
                    held_against.require_still_champion(name, predictions=lineage.predictions)
                version_number = _register(
                    client, exported=exported, card=card, lineage=lineage, name=name, experiment=experiment, alias=alias
                )
        registered = describe_version(client, name=name, version_number=version_number)
        return Registration(version=registered, card=read_stored_card(registered.uri))


def describe_version(client: MlflowClient, *, name: str, version_number: str) -> RegisteredVersion:
    """Returns a registered version with its aliases.

    Raises:
        MlflowException: If there is no such version.
    """
    found = client.get_model_version(name, version_number)
    return RegisteredVersion(
        name=name,
        version=int(found.version),
        aliases=tuple(sorted(found.aliases)),
        uri=f"models:/{name}/{found.version}",
        run_id=found.run_id or "",
        semantic_version=found.tags[SEMANTIC_VERSION],
    )


def look_up(registered: RegisteredVersion) -> RegisteredVersion:
    """Returns a version as it stands in the registry now: its aliases may have gone to another one since.

    Args:
        registered: What registration gave, perhaps long ago.

    Raises:
        RegistryError: If it is not there any more, or the tracking server cannot be reached.
    """
    hint = "It may have been deleted, or another registry may be in use: --no-cache registers the model anew"
    return find_version(name=registered.name, version=registered.version, hint=f". {hint}")


def find_version(*, name: str, version: int, hint: str = "") -> RegisteredVersion:
    """Returns a version of a registered model as it stands in the registry now.

    Args:
        name: The registered model.
        version: Its number.
        hint: What to say where it cannot be had.

    Raises:
        RegistryError: If it is not there, or the tracking server cannot be reached.
    """
    client = open_client()
    with registry_errors(f"The model {name!r} version {version} cannot be looked up{hint}"):
        return describe_version(client, name=name, version_number=str(version))


def _find_registered(
    client: MlflowClient,
    *,
    name: str,
    exported: ExportedModel,
    card: ModelCard,
    predictions: str,
    alias: ChampionOrChallenger,
    held_against: HeldAgainst | None,
) -> str | None:
    for found in _versions(client, name):
        tags, version_number = found.tags, str(found.version)
        if tags.get(ONNX_SHA256) != exported.sha256 or tags.get(_EVIDENCE) != card.provenance.evidence_hash:
            continue
        owners = client.get_registered_model(name).aliases
        # A challenger that has become the champion since is not taken back.
        has_alias = version_number in {str(owners.get(alias)), str(owners.get(CHAMPION))}
        if tags.get(_STATE) != _REGISTERED or not has_alias:
            if held_against is not None and not has_alias:
                held_against.require_still_champion(name, predictions=predictions)
            # Either it was registered long ago, or a process that was killed left it without its alias. Then its
            # files are complete: they are written before the version is.
            with aliases_restored_on_failure(client, name=name):
                _complete(client, name=name, version_number=version_number, alias=alias)
        return version_number
    return None


def _register(
    client: MlflowClient,
    *,
    exported: ExportedModel,
    card: ModelCard,
    lineage: Lineage,
    name: str,
    experiment: str,
    alias: ChampionOrChallenger,
) -> str:
    contract = ModelContract.of(exported.spec)
    semantic_version = str(next_version(contract, _contracts(client, name)))
    card = card.with_version(semantic_version)
    run_id = find_or_create_run(client, experiment=experiment, run_id=card.provenance.run_id)
    # One folder per graph and evidence: a run that registers twice must not replace the files of an earlier version.
    folder = f"model-{exported.sha256[:12]}-{card.provenance.evidence_hash[:12]}"
    with tempfile.TemporaryDirectory(prefix="medimage-register-") as temporary:
        files = Path(temporary) / folder
        write_model_files(files, exported=exported, card=card, images=lineage.images)
        client.log_artifacts(run_id, str(files), folder)
    tags = {
        **card.provenance.to_dict(),
        **lineage.to_tags(),
        ONNX_SHA256: exported.sha256,
        SEMANTIC_VERSION: semantic_version,
        _ANSWERS: contract.answers,
        _ARCHITECTURE: contract.architecture,
        "gate_verdict": str(card.gate["verdict"]),
        "classes": json.dumps(exported.spec.classes, ensure_ascii=False),
        _STATE: _REGISTERING,
    }
    created = client.create_model_version(
        name,
        source=f"runs:/{run_id}/{folder}",
        run_id=run_id,
        tags=tags,
        description=_shortened(card.to_markdown()),
    )
    version_number = str(created.version)
    with _removed_on_failure(client, name=name, version_number=version_number):
        _complete(client, name=name, version_number=version_number, alias=alias)
    return version_number


def _complete(client: MlflowClient, *, name: str, version_number: str, alias: ChampionOrChallenger) -> None:
    (make_champion if alias == CHAMPION else make_challenger)(client, name=name, version_number=version_number)
    client.set_model_version_tag(name, version_number, _STATE, _REGISTERED)


@contextmanager
def _registered_name(client: MlflowClient, name: str) -> Iterator[None]:
    """Creates the registered model where it is missing, and takes it back where nothing gets registered under it."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        yield
        return
    try:
        yield
    except BaseException:
        client.delete_registered_model(name)
        raise


@contextmanager
def _removed_on_failure(client: MlflowClient, *, name: str, version_number: str) -> Iterator[None]:
    """Takes a version back, and gives back the aliases that it took, where the block fails."""
    try:
        with aliases_restored_on_failure(client, name=name):
            yield
    except BaseException:
        client.delete_model_version(name, version_number)
        raise


def _versions(client: MlflowClient, name: str) -> list[ModelVersion]:
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _contracts(client: MlflowClient, name: str) -> list[tuple[SemanticVersion, ModelContract]]:
    """Returns version and contract of what is registered; what others registered has none and does not count."""
    return [
        (
            SemanticVersion.parse(found.tags[SEMANTIC_VERSION]),
            ModelContract(answers=found.tags.get(_ANSWERS, ""), architecture=found.tags.get(_ARCHITECTURE, "")),
        )
        for found in _versions(client, name)
        if SEMANTIC_VERSION in found.tags
    ]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_DESCRIPTION:
        return text
    ending = "\n\nThe whole card lies beside the model as card.md.\n"
    kept = text[: _LONGEST_DESCRIPTION - len(ending)]
    return kept[: kept.rfind("\n")] + ending

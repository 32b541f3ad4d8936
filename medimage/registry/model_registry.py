"""Registration of models that passed the gate."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.alias_of_registration import give_alias
from medimage.registry.aliases import CHAMPION, ChampionOrChallenger
from medimage.registry.champion_history import read_history
from medimage.registry.held_against import HeldAgainst
from medimage.registry.lineage import Lineage
from medimage.registry.look_up import describe_version, versions_of
from medimage.registry.model_card import ModelCard
from medimage.registry.model_files import read_stored_card, write_model_files
from medimage.registry.registration import Registration
from medimage.registry.runs import find_or_create_run
from medimage.registry.semantic_version import ModelContract, SemanticVersion, next_version
from medimage.registry.taken_back import aliases_restored_on_failure, registered_name, removed_on_failure
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import (
    FULL_PRECISION_SHA256,
    GATE_VERDICT,
    ONNX_SHA256,
    PRECISION,
    SEMANTIC_VERSION,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

_EVIDENCE = "evidence_hash"
_ANSWERS, _ARCHITECTURE = "contract_answers", "contract_architecture"

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
    reference: MonitoringReference | None = None,
) -> Registration:
    """Registers a model that passed the gate and makes it the champion, or the challenger.

    The champion before it becomes `previous`, and the change is recorded in the history of the champion. The files lie
    in the MLflow run of the pipeline run named by the card's provenance, and are there before the version is. After an
    error, no version is left behind, and every alias is where it was. Where the server itself went away, a whole
    version may be left without its alias; the next call gives it.

    The same graph with the same evidence is registered once. A second call gives the version that is there, with the
    card that is stored with it, and gives it the alias again where another version has got it since: whoever runs the
    registration anew asks for this model. Only a version that was rolled back does not become the champion again by
    itself: somebody decided against it.

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
        reference: What it says of held-out images, for monitoring; None where that was not measured.

    Raises:
        GateNotPassedError: If the gate did not pass.
        ValueError: If the reference is of another graph.
        RegistryError: If the tracking server cannot be reached or refuses, or the champion is another one by now.
    """
    gate_report.require_pass()
    if reference is not None and reference.sha256 != exported.sha256:
        raise ValueError(f"Expected a reference of the graph {exported.sha256} but got one of {reference.sha256}")
    client = open_client()
    with registry_errors(f"The model {name!r} cannot be registered"):
        common = {"network": exported.spec.timm_name, "classes": _classes(exported)}
        with registered_name(client, name, description=card.description, tags=common):
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
                    client,
                    exported=exported,
                    card=card,
                    gate_report=gate_report,
                    lineage=lineage,
                    name=name,
                    experiment=experiment,
                    alias=alias,
                    reference=reference,
                )
        registered = describe_version(client, name=name, version_number=version_number)
        return Registration(version=registered, card=read_stored_card(registered.uri))


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
    for found in versions_of(client, name):
        version_number = str(found.version)
        if (found.tags.get(ONNX_SHA256), found.tags.get(_EVIDENCE)) != (exported.sha256, card.provenance.evidence_hash):
            continue
        owners = client.get_registered_model(name).aliases
        # A challenger that has become the champion since is not taken back.
        if version_number in {str(owners.get(alias)), str(owners.get(CHAMPION))}:
            return version_number
        if alias == CHAMPION and read_history(client, name).was_rolled_back(int(version_number)):
            logger.warning(
                "%s version %s is this very model. It was rolled back, so it does not become the champion again by "
                "itself: medimage registry promote %s/%s makes it that.",
                *(name, version_number, name, version_number),
            )
            return version_number
        if held_against is not None:
            held_against.require_still_champion(name, predictions=predictions)
        # Either it was registered long ago, or a process that was killed left it without its alias.
        with aliases_restored_on_failure(client, name=name):
            give_alias(client, name=name, version_number=version_number, alias=alias, run_id=card.provenance.run_id)
        return version_number
    return None


def _register(
    client: MlflowClient,
    *,
    exported: ExportedModel,
    card: ModelCard,
    gate_report: GateReport,
    lineage: Lineage,
    name: str,
    experiment: str,
    alias: ChampionOrChallenger,
    reference: MonitoringReference | None,
) -> str:
    contract = ModelContract.of(exported.spec)
    semantic_version = str(next_version(contract, _contracts(client, name)))
    card = card.with_version(semantic_version)
    run_id = find_or_create_run(client, experiment=experiment, run_id=card.provenance.run_id)
    # One folder per graph and evidence: a run that registers twice must not replace the files of an earlier version.
    folder = f"model-{exported.sha256[:12]}-{card.provenance.evidence_hash[:12]}"
    with tempfile.TemporaryDirectory(prefix="medimage-register-") as temporary:
        files = Path(temporary) / folder
        write_model_files(
            files,
            exported=exported,
            card=card,
            gate_report=gate_report,
            images=lineage.images,
            reference=reference,
        )
        client.log_artifacts(run_id, str(files), folder)
    tags = {
        **card.provenance.to_dict(),
        **lineage.to_tags(),
        ONNX_SHA256: exported.sha256,
        PRECISION: exported.precision,
        **({FULL_PRECISION_SHA256: exported.reduction.full_precision_sha256} if exported.reduction else {}),
        SEMANTIC_VERSION: semantic_version,
        _ANSWERS: contract.answers,
        _ARCHITECTURE: contract.architecture,
        GATE_VERDICT: gate_report.verdict.value,
        "classes": _classes(exported),
    }
    created = client.create_model_version(
        name,
        source=f"runs:/{run_id}/{folder}",
        run_id=run_id,
        tags=tags,
        description=_shortened(card.to_markdown()),
    )
    version_number = str(created.version)
    with removed_on_failure(client, name=name, version_number=version_number):
        give_alias(client, name=name, version_number=version_number, alias=alias, run_id=card.provenance.run_id)
    return version_number


def _classes(exported: ExportedModel) -> str:
    return json.dumps(exported.spec.classes, ensure_ascii=False)


def _contracts(client: MlflowClient, name: str) -> list[tuple[SemanticVersion, ModelContract]]:
    """Returns version and contract of what is registered; what others registered has none and does not count."""
    return [
        (
            SemanticVersion.parse(found.tags[SEMANTIC_VERSION]),
            ModelContract(answers=found.tags.get(_ANSWERS, ""), architecture=found.tags.get(_ARCHITECTURE, "")),
        )
        for found in versions_of(client, name)
        if SEMANTIC_VERSION in found.tags
    ]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_DESCRIPTION:
        return text
    ending = "\n\nThe whole card lies beside the model as card.md.\n"
    kept = text[: _LONGEST_DESCRIPTION - len(ending)]
    return kept[: kept.rfind("\n")] + ending

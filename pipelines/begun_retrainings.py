"""Retrainings that were killed after they had made a better model the champion: what they left undone is done."""

import hashlib
import logging
from datetime import UTC, datetime

from zenml.client import Client

from medimage.config.run import RunConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evidence.code_state import code_sha256, source_files
from medimage.hidden_credentials import hide_credentials
from medimage.printable import printable
from medimage.registry.aliases import CHAMPION
from medimage.registry.find_models import find_version_called
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import RETRAINING_OUTCOME
from medimage.retraining.begun import BegunRetraining, begun_retrainings, forget_begun
from medimage.retraining.decision import RetrainingDecision
from medimage.retraining.history import RetrainingEntry, append_decision, history_file, read_decisions
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult
from medimage.retraining.promote_retrained import promote_retrained
from medimage.retraining.promoted_in_run import version_promoted_in
from medimage.retraining.turn import retraining_turn
from medimage.workspace import project_root
from medimage.workspace_use import workspace_in_use
from pipelines.retrain_outcome import RETRAINING_STEPS
from pipelines.run_evidence import write_run_evidence
from pipelines.run_files import load_output
from pipelines.run_outcome import collect_outcome
from pipelines.run_snapshot import RunSnapshot, find_run
from pipelines.stacks.cluster_run import goes_on
from pipelines.training_run import open_console
from steps.control_plane import link_version, stage_versions

logger = logging.getLogger(__name__)


def finish_begun(name: str) -> None:
    """Does what retrainings of a model left undone; to be called by whoever has the model's turn.

    What cannot be done is a warning, and tried again by the next command: neither another retraining nor a rollback
    must wait for it.

    Args:
        name: The registered model.
    """
    for begun in begun_retrainings():
        if begun.champion.name != name:
            continue
        try:
            with workspace_in_use():
                _finish(begun)
        except Exception as error:
            logger.warning(
                "What the retraining %s left undone cannot be done now, and is tried again by the next command: %s",
                begun.run,
                hide_credentials(printable(str(error))) or type(error).__name__,
            )


def present_code() -> str:
    """Returns the SHA-256 of the code as it is now."""
    return code_sha256(source_files(project_root()))


def present_stores() -> str:
    """Returns the SHA-256 of the addresses of ZenML's store and of the registry that are in use now."""
    addresses = (Client().zen_store.url, open_client().tracking_uri)
    return hashlib.sha256("\n".join(addresses).encode()).hexdigest()


def finish_all_begun() -> None:
    """Does what retrainings of any model left undone, where none of that model is under way."""
    for name in sorted({begun.champion.name for begun in begun_retrainings()}):
        with retraining_turn(name, wait=False) as is_ours:
            if is_ours:
                finish_begun(name)


def _finish(begun: BegunRetraining) -> None:
    if begun.stores_sha256 != present_stores():
        logger.warning(
            "The retraining %s has not ended, or left something undone. That can be seen with the stack only that was "
            "active when it began.",
            begun.run,
        )
        return
    name, run = begun.champion.name, find_run(begun.run)
    version = version_promoted_in(begun.run, name=name)
    if version is None:
        if run is not None and goes_on(run.response):
            return
    elif not any(entry.run == begun.run for entry in read_decisions(history_file(name))):
        told = _note_alone(begun, version) if run is None else _finish_promoted(begun, run, version=version)
        open_console().print(told, soft_wrap=True, highlight=False, markup=False)
    # Where nothing was promoted, the next retraining begins anew, with what the cache has of this one.
    forget_begun(name, run=begun.run)


def _note_alone(begun: BegunRetraining, version: int) -> str:
    """Keeps what is known of a promotion whose run is gone, as after a cleaning, and returns it in words."""
    told = (
        f"{begun.champion.name} version {version} was made the champion by {begun.run}, which was cut off after that. "
        "ZenML does not know that run any more, so nothing of what it left to do could be done."
    )
    entry = RetrainingEntry(
        made=datetime.now(UTC),
        champion=begun.champion.title,
        verdict="",
        reasons=(),
        sentence=f"{begun.champion.title} was trained again.",
        result=RetrainingResult.PROMOTED.value,
        outcome=told,
        version=version,
        run=begun.run,
    )
    append_decision(history_file(begun.champion.name), entry)
    return told


def _finish_promoted(begun: BegunRetraining, run: RunSnapshot, *, version: int) -> str:
    """Does what a promotion left undone, keeps it in the history, and returns it in words."""
    decision: RetrainingDecision = load_output(run, "decide_retraining", "decision")
    comparison: ChampionComparison = load_output(run, "compare_with_champion", "champion_comparison")
    registered: RegisteredVersion = load_output(run, RETRAINING_STEPS.promote, "registered")
    _end_promotion(registered, decision, run_id=run.name)
    link_version(registered.name, version, run=run.response)
    stage_versions(registered.name)
    bento = collect_outcome(run, RETRAINING_STEPS, further={"champion": comparison.to_dict()}).bento_tag
    # Evidence says by which code a model came about, and nobody can tell that of code that has changed since.
    is_proven = present_code() == begun.code_sha256
    if is_proven:
        parameters = run.response.config.parameters or {}
        config = RunConfig.model_validate(parameters["config"])
        write_run_evidence(run, config=config, experiment=parameters["settings"]["experiment"])
    told = (
        f"{registered.name} version {version} was made the champion, because it is shown to be better, by {run.name}, "
        f"which was cut off after that. What was left to do was done later"
        f"{'' if bento is None else f': the Bento {bento} is installed'}."
        f"{'' if is_proven else ' It has no evidence, because the code is another one by now.'}"
    )
    outcome = RetrainingOutcome(result=RetrainingResult.PROMOTED, sentence=told, version=version)
    entry = RetrainingEntry.of(decision, outcome, made=datetime.now(UTC), run=run.name)
    append_decision(history_file(begun.champion.name), entry)
    return told


def _end_promotion(registered: RegisteredVersion, decision: RetrainingDecision, *, run_id: str) -> None:
    """Does what of the promotion itself may be left; nothing where somebody else has changed the champion since."""
    client, number = open_client(), str(registered.version)
    with registry_errors(f"{registered.name} version {number} cannot be looked up"):
        tags = client.get_model_version(registered.name, number).tags
        is_champion = str(client.get_registered_model(registered.name).aliases.get(CHAMPION)) == number
    if is_champion and RETRAINING_OUTCOME not in tags:
        promote_retrained(
            find_version_called(f"{registered.name}/{number}"),
            because=decision.sentence,
            not_better="",
            promote=True,
            run_id=run_id,
        )

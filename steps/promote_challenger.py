"""Step: make the challenger the champion where it is better, and say why or why not."""

import logging
from typing import Annotated

from zenml import get_step_context, step
from zenml.client import Client

from materializers.retraining_outcome import RetrainingOutcomeMaterializer
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.gate.gate_report import GateReport
from medimage.registry.find_models import find_version_called
from medimage.registry.registered_version import RegisteredVersion
from medimage.retraining.decision import RetrainingDecision
from medimage.retraining.outcome import RetrainingOutcome, why_not_better
from medimage.retraining.promote_retrained import promote_retrained
from steps.control_plane import link_version, stage_versions

logger = logging.getLogger(__name__)


@step(output_materializers={"outcome": RetrainingOutcomeMaterializer}, enable_cache=False)
def promote_challenger(
    registered: RegisteredVersion,
    gate_report: GateReport,
    champion: ChampionComparison,
    decision: RetrainingDecision,
    promote: bool,
) -> Annotated[RetrainingOutcome, "outcome"]:
    """Promotes by the rules of every promotion, and gives the versions in ZenML the stages that go with it.

    It is never taken from the cache: what the registry says now is what counts.

    Args:
        registered: The challenger.
        gate_report: The verdict by all criteria, those on the champion among them.
        champion: How the two compare.
        decision: Why the champion was trained again.
        promote: Section `retraining.promote`.
    """
    run = get_step_context().pipeline_run
    outcome = promote_retrained(
        find_version_called(f"{registered.name}/{registered.version}"),
        because=decision.sentence,
        not_better=why_not_better(gate_report, champion),
        promote=promote,
        run_id=run.name,
    )
    # What the context holds was read before the steps before this one gave their outputs.
    link_version(registered.name, registered.version, run=Client().get_pipeline_run(run.id))
    stage_versions(registered.name)
    logger.info("%s", outcome.sentence)
    return outcome

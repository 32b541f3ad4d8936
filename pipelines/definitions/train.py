"""From images to a proven, registered, packaged classifier."""

from zenml import pipeline
from zenml.enums import ExecutionMode

from medimage.config.run import RunConfig
from pipelines.bound_step import bind
from pipelines.decisions import GATE_PASSED, goes_on
from pipelines.definitions.candidate import export_candidate, train_and_judge
from pipelines.definitions.parts import read_and_audit
from pipelines.run_settings import RunSettings
from steps.link_model_version import link_model_version
from steps.package_bento import package_bento
from steps.promote_model import promote_model


# Where a share of the work fails, the others come to their end, for a later run to take from the cache.
@pipeline(name="train", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def train_pipeline(config: RunConfig, settings: RunSettings) -> None:
    """Trains, judges and, where the gate passed, exports, registers and packages a classifier.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
    """
    images, audit = read_and_audit(config, settings)
    candidate = train_and_judge(config, settings, images, audit)
    if not goes_on(candidate.gate_report, GATE_PASSED):
        return

    delivered = export_candidate(candidate, config, settings, verdict=candidate.gate_report)
    registered, card = bind(
        promote_model,
        name=settings.registered_name,
        description=config.description,
        dossier=config.dossier,
        config_hash=settings.config_hash,
        experiment=settings.experiment,
        comparison=config.gate.champion.comparison,
    )(
        delivered.served,
        delivered.verdict,
        delivered.evaluation,
        candidate.bare,
        candidate.champion,
        delivered.reference,
    )
    bento = bind(package_bento, name=settings.bento_name)(delivered.served, delivered.verdict, card)
    bind(link_model_version)(registered, bento)

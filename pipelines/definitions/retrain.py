"""From a champion in use, and new images, to a better champion, or to the reason why there is none."""

from pathlib import Path
from typing import Any

from zenml import pipeline
from zenml.enums import ExecutionMode

from medimage.config.run import RunConfig
from medimage.data.lock_scope import source_identity
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.retraining.new_data_source import new_data_config
from medimage.retraining.outcome import not_registered, why_not_better
from medimage.retraining.retraining_request import RetrainingRequest
from medimage.workspace import workspace
from pipelines.bound_step import bind
from pipelines.definitions.candidate import export_candidate, train_and_judge
from pipelines.definitions.parts import audit_step, read_and_audit
from pipelines.run_settings import RunSettings
from steps.admit_challenger import admit_challenger
from steps.decide_retraining import decide_retraining
from steps.locked_test_sets import require_test_set
from steps.merge_new_data import merge_new_data
from steps.monitor_model import monitor_model
from steps.package_bento import package_bento
from steps.promote_challenger import promote_challenger
from steps.read_new_data import read_new_data
from steps.register_challenger import register_challenger


# Where a share of the work fails, the others come to their end, for a later run to take from the cache.
@pipeline(name="retrain", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def retrain_pipeline(config: RunConfig, settings: RunSettings, request: RetrainingRequest) -> None:
    """Decides whether the champion is trained again, and where it is, trains, judges, registers and promotes.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
        request: The champion, where to look, and what was done before.
    """
    images, audit = read_and_audit(config, settings)
    beside: dict[str, Any] = {}
    if request.new_data is not None:
        images, beside["new"] = _merged(images, audit, config, settings, place=Path(request.new_data))
    if request.monitoring is not None:
        beside["monitoring"] = bind(monitor_model, model=request.champion, request=request.monitoring)()
    decision = bind(
        decide_retraining,
        retraining=config.retraining,
        split=config.split,
        source=source_identity(config.problem, config.data),
        request=request,
        config_hash=settings.config_hash,
    )(audit, **beside)
    if not decision.load().is_yes:
        return

    if request.new_data is not None:
        audit = audit_step(config, settings)(images, id="validate_merged_data")
    candidate = train_and_judge(config, settings, images, audit)
    gate_report, comparison = candidate.gate_report.load(), candidate.champion.load()
    if not_registered(gate_report, comparison, champion=request.champion.version) is not None:
        return
    admitted = bind(admit_challenger)(candidate.gate_report)
    delivered = export_candidate(candidate, config, settings, verdict=admitted)
    registered, card = bind(
        register_challenger,
        name=settings.registered_name,
        description=config.description,
        dossier=config.dossier,
        config_hash=settings.config_hash,
        experiment=settings.experiment,
    )(
        delivered.served,
        delivered.verdict,
        candidate.gate_report,
        delivered.evaluation,
        candidate.bare,
        candidate.champion,
        delivered.reference,
    )
    if config.retraining.promote and not why_not_better(gate_report, comparison):
        # Before the promotion: a run that is cut off after it leaves a champion that can be served.
        bind(package_bento, name=settings.bento_name)(delivered.served, delivered.verdict, card)
    bind(promote_challenger, promote=config.retraining.promote)(
        registered, candidate.gate_report, candidate.champion, decision
    )


def _merged(images: Any, audit: Any, config: RunConfig, settings: RunSettings, *, place: Path) -> tuple[Any, Any]:
    """Runs the steps that read new images and put them among the configured ones; returns both artifacts."""
    found = audit.load()
    found.require_trust()
    source = source_identity(config.problem, config.data)
    locked = require_test_set(found, config.split, source=source)
    data = new_data_config(config.data, place, classes=found.classes)
    new_images = bind(
        read_new_data,
        data=data,
        source_fingerprint=source_fingerprint(data, cache=workspace() / "downloads"),
        decoders=settings.decoders,
    )()
    return bind(
        merge_new_data,
        config=config.data.audit,
        color_mode=config.data.color_mode,
        split=config.split,
        source=source,
        locked=locked.division_hash,
        libraries=settings.audit_libraries,
    )(images, audit, new_images)

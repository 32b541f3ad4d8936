"""Step: decide whether the champion is trained again."""

import logging
from datetime import UTC, datetime
from typing import Annotated

from zenml import step

from materializers.retraining_decision import RetrainingDecisionMaterializer
from medimage.config.retraining import RetrainingConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.monitoring.monitoring_report import MonitoringReport
from medimage.registry.training_of_version import read_training
from medimage.retraining.attempt import AttemptIdentity
from medimage.retraining.decision import RetrainingDecision, decide
from medimage.retraining.evidence import RetrainingEvidence
from medimage.retraining.new_image import NewImages
from medimage.retraining.retraining_request import RetrainingRequest
from medimage.retraining.unseen import find_unseen, require_comparable
from medimage.retraining.watched import Watched
from steps.locked_test_sets import require_test_set

logger = logging.getLogger(__name__)


@step(output_materializers={"decision": RetrainingDecisionMaterializer}, enable_cache=False)
def decide_retraining(
    audit: DataAudit,
    retraining: RetrainingConfig,
    split: SplitConfig,
    source: str,
    request: RetrainingRequest,
    config_hash: str,
    new: NewImages | None = None,
    monitoring: MonitoringReport | None = None,
) -> Annotated[RetrainingDecision, "decision"]:
    """Weighs every reason. It is never taken from the cache, because time passes and registries change.

    Args:
        audit: The audit of the configured ones.
        retraining: The thresholds.
        split: The name of the test set.
        source: Which data it is, to find their locked test set.
        request: The champion, who forces it, and what was done before.
        config_hash: SHA-256 of the configuration.
        new: The new images; none where none were brought.
        monitoring: What monitoring found; none where there is no log.
    """
    champion, locked = request.champion, require_test_set(audit, split, source=source)
    training = read_training(champion)
    require_comparable(
        champion.title, locked=locked, classes=audit.classes, own_classes=training.classes, seen=training.images
    )
    unseen = find_unseen(audit, locked=locked, new=new, seen=training.images)
    identity = AttemptIdentity(champion=champion.onnx_sha256, config_hash=config_hash)
    evidence = RetrainingEvidence(
        champion=champion.title,
        registered=training.registered,
        now=datetime.now(UTC),
        unseen=unseen.per_class,
        lost=unseen.lost,
        same_configuration=training.config_hash == config_hash,
        watched=None if monitoring is None else Watched.of_summary(monitoring.summary),
        attempt=request.attempt_with(identity.key),
    )
    decision = decide(evidence, retraining, key=identity.key, force=request.force)
    logger.info("%s", decision.sentence)
    return decision

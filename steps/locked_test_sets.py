"""Test sets that later runs use again: kept in the artifact store, found by the data that they belong to."""

import datetime
import logging

from zenml import save_artifact
from zenml.client import Client
from zenml.exceptions import EntityExistsError

from materializers.locked_test_set import LockedTestSetMaterializer
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.lock_scope import lock_scope
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.errors import StorageError

logger = logging.getLogger(__name__)

_ARTIFACT = "locked_test_set"
"""Name of the artifact; its versions are called by the data that they belong to."""


def split_with_locked_test_set(audit: DataAudit, config: SplitConfig, *, seed: int, source: str) -> Split:
    """Divides images around the test set that is locked for them, which the first run draws and locks.

    Args:
        audit: The audited images.
        config: Shares, and the name of the test set.
        seed: Seed of the division.
        source: Which data it is; see `source_identity`.
    """
    if config.test_set is None or config.folds is not None:
        return split_images(audit, config, seed=seed)
    scope = lock_scope(source, name=config.test_set, classes=audit.classes)
    locked = find_locked_test_set(scope)
    if locked is None:
        drawn = split_images(audit, config, seed=seed)
        locked = _lock(
            LockedTestSet.from_split(
                drawn,
                audit,
                name=config.test_set,
                scope=scope,
                seed=seed,
                locked_at=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
            )
        )
    return split_images(audit, config, seed=seed, locked=locked)


def find_locked_test_set(scope: str) -> LockedTestSet | None:
    """Returns the test set that is locked for the given data, if any.

    Args:
        scope: Which data; see `lock_scope`.
    """
    versions = Client().list_artifact_versions(artifact=_ARTIFACT, version=scope, size=1)
    return versions.items[0].load() if versions.items else None


def _lock(test_set: LockedTestSet) -> LockedTestSet:
    """Stores a test set, and returns the one that counts: another run may have been faster."""
    try:
        # The store gives out each version once, so that of several runs at the same time one decides for all.
        save_artifact(test_set, name=_ARTIFACT, version=test_set.scope, materializer=LockedTestSetMaterializer)
    except EntityExistsError:
        logger.info("Another run has locked a test set for these data in the meantime: it is used here as well")
    locked = find_locked_test_set(test_set.scope)
    if locked is None:
        raise StorageError(
            f"The {test_set.reference}, was stored but is not found again. Look whether the ZenML server and its "
            "artifact store can be reached, and start the run again."
        )
    logger.info("Locked the %s: later runs on these data test on its %d images", locked.reference, len(locked.labels))
    return locked

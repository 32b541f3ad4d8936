"""Test sets that later runs use again: kept in the artifact store, found by the data that they belong to."""

import datetime
import logging
from dataclasses import replace

from zenml import save_artifact
from zenml.client import Client
from zenml.exceptions import EntityExistsError

from materializers.locked_test_set import LockedTestSetMaterializer
from medimage.config.expectations import ExpectationsConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.lock_scope import lock_family, lock_lineage, lock_scope
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.moved_test_set import recognise_test_set
from medimage.data.renamed_test_set import TakenOver, take_over_test_set, with_new_classes
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.data.training_intensities import hold_against_training
from medimage.errors import DataError, StorageError

logger = logging.getLogger(__name__)

_ARTIFACT = "locked_test_set"
"""Name of the artifact; its versions are called by the data that they belong to."""

_NEWEST = 20
"""Locks of other places or classes that are looked through, so that their number does not slow a run."""


def split_with_locked_test_set(
    audit: DataAudit,
    config: SplitConfig,
    expectations: ExpectationsConfig,
    *,
    seed: int,
    source: str,
    keep: bool = True,
) -> Split:
    """Divides images around the test set that is locked for them, which the first run draws and locks.

    Nothing is locked where the run stops at the division, so that it can be put right and drawn anew.

    Args:
        audit: The audited images.
        config: Shares or folds, and the name of the test set.
        expectations: From when on validation and test images differ from the training images, and whether that stops.
        seed: Seed of the division.
        source: Which data it is; see `source_identity`.
        keep: Whether a test set that is drawn here, or found again at another place, is locked for this one.

    Raises:
        DataError: If the images cannot be divided around the test set, only a part of it is among them, or the parts
            differ in their gray levels and that stops a run.
    """

    def divide(locked: LockedTestSet | None) -> Split:
        return hold_against_training(split_images(audit, config, seed=seed, locked=locked), audit, expectations)

    if config.test_set is None:
        return divide(None)
    scope = lock_scope(source, name=config.test_set, classes=audit.classes)
    found = _find(audit, name=config.test_set, source=source)
    locked = found.locked
    keep = keep and config.folds is None
    locked_at = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
    if locked is None:
        divided = divide(None)
        if keep:
            lock = LockedTestSet.from_split(
                divided,
                audit,
                name=config.test_set,
                scope=scope,
                family=lock_family(source, name=config.test_set, classes=audit.classes),
                seed=seed,
                locked_at=locked_at,
            )
            divided = divide(_lock(replace(lock, lineage=lock_lineage(source, name=config.test_set))))
        return _with_findings(divided, found.findings)
    if config.folds is None and not set(audit.classes).issubset(locked.labels):
        locked = with_new_classes(locked, split_images(audit, config, seed=seed), audit, locked_at=locked_at)
    divided = divide(locked)
    if keep and locked.scope != scope:
        counts = _lock(replace(locked, scope=scope))
        divided = divided if counts.reference == locked.reference else divide(counts)
    return _with_findings(divided, found.findings)


def applying_test_set(audit: DataAudit, config: SplitConfig, *, source: str) -> LockedTestSet | None:
    """Returns the locked test set that counts for audited images, if any, wherever they lay when it was locked.

    Args:
        audit: The audited images.
        config: The name of the test set.
        source: Which data it is; see `source_identity`.

    Raises:
        DataError: If only a part of a test set is among the images.
    """
    return None if config.test_set is None else _find(audit, name=config.test_set, source=source).locked


def require_test_set(audit: DataAudit, config: SplitConfig, *, source: str) -> LockedTestSet:
    """Returns the locked test set of audited images, for what makes sense around one only.

    Args:
        audit: The audited images.
        config: The name of the test set.
        source: Which data it is; see `source_identity`.

    Raises:
        DataError: If none is locked for them, or only a part of one is among them.
    """
    locked = applying_test_set(audit, config, source=source)
    if locked is None:
        raise DataError(
            f"No test set is locked for these data under split.test_set: {config.test_set or 'null'}, so a new model "
            "cannot be judged on what the champion was judged on, and new images could be among it. Name the data and "
            "the split.test_set that the champion was trained with, and use the workspace or the ZenML server where it "
            "was; or train a model with a locked test set first, with pipelines.train_pipeline."
        )
    return locked


def find_locked_test_set(scope: str) -> LockedTestSet | None:
    """Returns the test set that is locked for the given data at their place, if any.

    Args:
        scope: Which data; see `lock_scope`.
    """
    versions = Client().list_artifact_versions(artifact=_ARTIFACT, version=scope, size=1)
    return versions.items[0].load() if versions.items else None


def _find(audit: DataAudit, *, name: str, source: str) -> TakenOver:
    """Finds the test set of these data and classes, then one of other places, then one of other classes."""
    locked = find_locked_test_set(lock_scope(source, name=name, classes=audit.classes))
    if locked is not None:
        return TakenOver(locked=locked, findings=())
    family = lock_family(source, name=name, classes=audit.classes)
    locked = recognise_test_set(_newest(f"family:{family}"), audit)
    if locked is None:
        return take_over_test_set(_newest(f"lineage:{lock_lineage(source, name=name)}"), audit, family=family)
    moved = (
        f"The data lie elsewhere than when the {locked.reference}, was locked: all its {len(locked.image_ids)} images "
        "were found among them by hash, and it counts here as well"
    )
    return TakenOver(locked=locked, findings=(moved,))


def _newest(known_by: str) -> list[LockedTestSet]:
    """Returns the newest test sets with a value in their metadata."""
    versions = Client().list_artifact_versions(
        artifact=_ARTIFACT, run_metadata=[known_by], sort_by="desc:created", size=_NEWEST
    )
    return [version.load() for version in versions.items]


def _with_findings(divided: Split, findings: tuple[str, ...]) -> Split:
    return replace(divided, findings=(*findings, *divided.findings))


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

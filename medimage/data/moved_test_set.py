"""A locked test set whose images lie elsewhere by now."""

from collections.abc import Sequence

from medimage.data.audit.data_audit import DataAudit
from medimage.data.locked_test_set import LockedTestSet
from medimage.errors import DataError
from medimage.wording import listed

COINCIDENCE = 0.02
"""Share of a test set's images that data of another making may have: phantoms of a scanner, frames without content."""

_EXAMPLES = 3


def recognise_test_set(locks: Sequence[LockedTestSet], audit: DataAudit) -> LockedTestSet | None:
    """Returns the test set whose images are all among the audited ones, wherever they lay when it was locked.

    Args:
        locks: Test sets of the same problem, name and classes, the newest first.
        audit: The audited images.

    Returns:
        None where the images are others than those of every lock.

    Raises:
        DataError: If only a part of a test set is there, which a new test set would train on, or several are.
    """
    here = set(audit.images["image_id"])
    # One set is locked again for each place that its images are found in.
    distinct = list({lock.image_ids: lock for lock in reversed(locks)}.values())
    complete = [lock for lock in distinct if here.issuperset(lock.image_ids)]
    if len(complete) == 1:
        return complete[0]
    if complete:
        raise DataError(
            f"These data hold the images of {len(complete)} test sets that were locked where the images lay before: "
            f"{'; '.join(str(lock.reference) for lock in complete)}. With one of them as the test set, the others "
            f"would be trained on. {_another_name(complete[0])}."
        )
    for lock in distinct:
        _require_no_part(lock, here)
    return None


def _require_no_part(lock: LockedTestSet, here: set[str]) -> None:
    total = len(lock.image_ids)
    missing = sorted(
        name for image_id, name in zip(lock.image_ids, lock.file_names, strict=True) if image_id not in here
    )
    present = total - len(missing)
    if present <= COINCIDENCE * total:
        return
    raise DataError(
        f"No test set is locked for the place of these data, but {present} of the {total} images of the "
        f"{lock.reference}, are among them, and {len(missing)} are missing: {listed(missing, most=_EXAMPLES)}. A "
        "new test set would train on images that are locked. Bring the missing ones back to test on that set again. "
        f"{_another_name(lock)}."
    )


def _another_name(lock: LockedTestSet) -> str:
    return (
        f"To lock a new test set, give split.test_set another name than '{lock.name}': results on it do not compare "
        "with earlier ones"
    )

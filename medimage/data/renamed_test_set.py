"""A locked test set of the same images under other classes: some have come, were renamed, or were merged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from medimage.data.audit.data_audit import DataAudit
from medimage.data.locked_test_set import LockedTestSet, hash_patients
from medimage.data.moved_test_set import COINCIDENCE
from medimage.data.split import Split
from medimage.wording import listed

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class TakenOver:
    """What is made of test sets that were locked for other classes.

    Attributes:
        locked: The one that counts, with the classes of today; None where none can.
        findings: What was found, and which test set is left for what reason, one sentence each.
    """

    locked: LockedTestSet | None
    findings: tuple[str, ...]


def take_over_test_set(locks: Sequence[LockedTestSet], audit: DataAudit, *, family: str) -> TakenOver:
    """Finds the test set whose images are all usable here, those of one class still under one.

    Args:
        locks: Test sets of the same problem and name, and of other classes, the newest first.
        audit: The audited images.
        family: What test sets of the classes of today have in common; see `lock_family`.

    Returns:
        The largest such test set, because one that a class was added to holds the one before. Its `scope` stays.
    """
    here = set(audit.images["image_id"])
    label_of = dict(zip(audit.usable["image_id"], audit.usable["label"], strict=True))
    # One set is locked again for each place and list of classes; the newest stands for all.
    distinct = {lock.image_ids: lock for lock in reversed(locks)}.values()
    related = [lock for lock in distinct if len(here.intersection(lock.image_ids)) > COINCIDENCE * len(lock.image_ids)]
    obstacles = {lock.image_ids: _obstacle(lock, here, label_of) for lock in related}
    complete = [lock for lock in related if not obstacles[lock.image_ids]]
    chosen = max(complete, key=lambda lock: len(lock.image_ids), default=None)
    kept = set() if chosen is None else set(chosen.image_ids)
    left = [lock for lock in related if not kept.issuperset(lock.image_ids)]
    findings = [] if chosen is None else [_tell_taken_over(chosen, label_of)]
    larger = "" if chosen is None else f"the {chosen.reference}, is among these data as well and counts"
    findings += [_tell_left(lock, obstacles[lock.image_ids] or larger) for lock in left]
    return TakenOver(
        locked=None if chosen is None else _with_classes_of_today(chosen, audit, label_of, family=family),
        findings=tuple(findings),
    )


def with_new_classes(locked: LockedTestSet, drawn: Split, audit: DataAudit, *, locked_at: str) -> LockedTestSet:
    """Adds test images of the classes that a locked test set has none of.

    Args:
        locked: The test set, with the classes of today.
        drawn: A division of the same images as if nothing were locked.
        audit: The audit of the images.
        locked_at: The time, in ISO 8601.

    Returns:
        The test set itself where it has images of every class.
    """
    new = set(drawn.classes).difference(locked.labels)
    if not new:
        return locked
    added = {drawn.image_ids[row] for row in drawn.rows("test") if drawn.labels[row] in new}
    files = audit.usable[audit.usable["image_id"].isin(added)]
    rows = sorted(
        [
            *zip(locked.image_ids, locked.labels, locked.file_names, strict=True),
            *zip(files["image_id"], files["label"], files["name"], strict=True),
        ]
    )
    patients = audit.images.loc[audit.images["image_id"].isin(added), "patient"]
    return replace(
        locked,
        image_ids=tuple(image_id for image_id, _, _ in rows),
        labels=tuple(label for _, label, _ in rows),
        file_names=tuple(name for _, _, name in rows),
        patients=tuple(sorted({*locked.patients, *hash_patients(patients, salt=locked.family).values()})),
        locked_at=locked_at,
    )


def _obstacle(lock: LockedTestSet, here: set[str], label_of: Mapping[str, str]) -> str:
    """Returns why a test set cannot stay one, or nothing where it can."""
    names = dict(zip(lock.image_ids, lock.file_names, strict=True))
    missing = [name for image_id, name in names.items() if image_id not in here]
    unusable = [name for image_id, name in names.items() if image_id in here and image_id not in label_of]
    for found, words in ((missing, "not among these data"), (unusable, "quarantined")):
        if found:
            return (
                f"{len(found)} of its {len(names)} images {'is' if len(found) == 1 else 'are'} {words}, "
                f"such as {listed(sorted(found), most=_EXAMPLES)}"
            )
    divided = [(label, now) for label, now in sorted(_labels_now(lock, label_of).items()) if len(now) > 1]
    return "; ".join(f"its images of {label} are under {listed(sorted(now))} now" for label, now in divided)


def _labels_now(lock: LockedTestSet, label_of: Mapping[str, str]) -> dict[str, set[str]]:
    now: dict[str, set[str]] = defaultdict(set)
    for image_id, label in zip(lock.image_ids, lock.labels, strict=True):
        now[label].add(label_of[image_id])
    return now


def _with_classes_of_today(
    lock: LockedTestSet, audit: DataAudit, label_of: Mapping[str, str], *, family: str
) -> LockedTestSet:
    patients = lock.patients_among(audit.images["patient"])
    return replace(
        lock,
        family=family,
        labels=tuple(label_of[image_id] for image_id in lock.image_ids),
        patients=tuple(sorted(hash_patients(patients, salt=family).values())),
    )


def _tell_taken_over(lock: LockedTestSet, label_of: Mapping[str, str]) -> str:
    renamed = [
        f"{label} is {listed(sorted(now))} now"
        for label, now in sorted(_labels_now(lock, label_of).items())
        if now != {label}
    ]
    meaning = f" ({listed(renamed)})" if renamed else ""
    return (
        f"The classes are others than when the {lock.reference}, was locked{meaning}: all its {len(lock.image_ids)} "
        "images were found among these data by hash and stay test images. Classes that it has no image of get test "
        "images of their own, and results do not compare with those of the classes before"
    )


def _tell_left(lock: LockedTestSet, reason: str) -> str:
    return (
        f"The {lock.reference}, for the classes {listed(sorted(set(lock.labels)))}, is left, because the classes are "
        f"others now and {reason}. Its images count as any others here and may be trained on: models of this run prove "
        "nothing on it"
    )

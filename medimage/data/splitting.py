"""Building a split by ratio, by fold, from the one that comes with the data, or around a locked test set."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.class_shares import TOLERANCE, unequal_shares
from medimage.data.complete_parts import complete_parts
from medimage.data.folds import divide_into_folds
from medimage.data.given_split import read_given_split
from medimage.data.held_out import hold_from_folds, hold_test_set, require_given_test_set
from medimage.data.left_out import LeftOut
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.split import Part, Split
from medimage.data.stable_groups import images_in_stable_groups
from medimage.errors import ConfigurationError
from medimage.wording import percent

_SIZE_TOLERANCE = 0.05
"""A part may have so much more or less of all images than asked for before it is said: even class shares cost some."""


def split_images(audit: DataAudit, config: SplitConfig, *, seed: int, locked: LockedTestSet | None = None) -> Split:
    """Divides the usable images so that no group crosses and each part has its share of every class.

    Where the data come with a split that is honoured or repaired, its parts are kept and only missing ones are
    taken out of its training images. Around a locked test set, all others are divided between training and
    validation, and those of a locked group are left out; as long as the data and the seed are those that it was drawn
    with, the split is the one that it was drawn with. Of folds, a locked test set and its groups are in none. The same
    images, classes, groups and seed give the same split, in whatever order the files are and however the groups are
    called.

    Args:
        audit: The audited images with their groups.
        config: Shares or folds, and whether a given split counts.
        seed: Seed of the division.
        locked: The test set to use, or to keep out of the folds; one is drawn when not given.

    Raises:
        ConfigurationError: If folds are asked for where a given split is kept.
        DataError: If groups cross a given split that is honoured, a class has too few groups for the parts, or the
            locked test set does not fit the data.
    """
    images = images_in_stable_groups(audit)
    complete = partial(complete_parts, images, classes=audit.classes, config=config, seed=seed)
    if config.folds is not None:
        reasons = _none(images) if locked is None else hold_from_folds(locked, audit, images)
        findings = [] if locked is None else [_tell_hold_from_folds(locked, reasons), *_tell_other_salt(locked)]
        fixed = _test_fold(audit, images, config.folds, config, seed, left_out=set(images["image_id"][reasons != ""]))
        # What is tested on is a fold, and not the locked test set.
        locked = None
    else:
        given = read_given_split(audit, images, config.given)
        fixed, reasons, findings = given.parts, given.reasons, list(given.findings)
        findings += _missing_parts(given.parts)
    if locked is not None:
        hold = hold_test_set(locked, audit, images)
        require_given_test_set(locked, images, fixed, left_out=reasons != "")
        findings += [*_tell_hold(locked, hold.reasons, config), *_tell_other_salt(locked)]
        reasons = np.where(reasons == "", hold.reasons, reasons)
        drawn = complete(fixed, included=reasons == "")
        if not np.array_equal((drawn == "test") & (reasons == ""), hold.locked):
            fixed = np.where(hold.locked, "test", fixed)
    parts = complete(fixed, included=reasons == "")
    is_free = not (fixed != "").any()
    findings += _unequal_shares(images, parts, reasons == "", classes=audit.classes, is_free=is_free)
    if is_free:
        findings += _other_sizes(parts[reasons == ""], config)
    return _build(audit, images, parts, reasons, findings=tuple(findings), locked=locked)


def _none(images: pd.DataFrame) -> NDArray[np.object_]:
    return np.full(len(images), "", dtype=object)


def _test_fold(
    audit: DataAudit, images: pd.DataFrame, folds: int, config: SplitConfig, seed: int, *, left_out: Collection[str]
) -> NDArray[np.object_]:
    given = int((images["given_split"] != "").sum())
    if config.given != "ignore" and given:
        raise ConfigurationError(
            f"The data come with a split of their own ({given} of {len(images)} images have a part), which "
            f"split.given: {config.given} keeps, so split.folds: {folds} would have no effect. Set split.given: ignore "
            "to divide all images into folds, or split.folds: null to keep the data's split."
        )
    fold_of = divide_into_folds(audit, count=folds, seed=seed, left_out=left_out).fold_of
    tested = [fold_of.get(image_id) == config.test_fold for image_id in images["image_id"]]
    return np.where(tested, "test", "").astype(object)


def _missing_parts(given: NDArray[np.object_]) -> list[str]:
    present = set(given.tolist()) - {""}
    missing = [part for part in ("validation", "test") if part not in present]
    if not present or not missing:
        return []
    return [f"The data's own split has no {' and no '.join(missing)} part: it is taken out of its training part"]


def _tell_hold(locked: LockedTestSet, reasons: NDArray[np.object_], config: SplitConfig) -> list[str]:
    held = int((reasons != "").sum())
    findings = []
    share = len(locked.image_ids) / len(reasons)
    if abs(share - config.test) > TOLERANCE:
        findings.append(
            f"The locked {locked.reference}, has {100 * share:.1f} % of all images, and not the "
            f"{100 * config.test:.1f} % that split.test says: a locked test set stays as it is"
        )
    if held:
        findings.append(
            f"{held} images are held out, in no part of the split: their patient or duplicate cluster is in the locked "
            f"test set '{locked.name}'"
        )
    return findings


def _tell_hold_from_folds(locked: LockedTestSet, reasons: NDArray[np.object_]) -> str:
    own, held = len(locked.image_ids), int((reasons != "").sum())
    return (
        f"{held} images are held out, in no fold: {own} are the locked {locked.reference}, and {held - own} share a "
        "patient or duplicate cluster with one of them. With split.test_set: null all images are divided into folds, "
        "and that test set proves nothing about models that were trained or chosen on them"
    )


def _tell_other_salt(locked: LockedTestSet) -> list[str]:
    if locked.knows_patients():
        return []
    return [
        f"The patients of the {locked.reference}, are hashed with another secret than this workspace's. New images are "
        "held out where a locked image that is still there names the same patient, and not where none does any more. "
        "Set MEDIMAGE_SALT to the secret that it was locked with"
    ]


def _unequal_shares(
    images: pd.DataFrame,
    parts: NDArray[np.object_],
    included: NDArray[np.bool_],
    *,
    classes: Sequence[str],
    is_free: bool,
) -> list[str]:
    labels, kept = images.loc[included, "label"].tolist(), parts[included].tolist()
    unequal = unequal_shares(labels, kept, classes=classes)
    reason = (
        "no more even division of the groups was found"
        if is_free
        else "images that are given, locked or in the test fold stay where they are"
    )
    return [f"Class shares differ between parts: {'; '.join(unequal)}; {reason}"] if unequal else []


def _other_sizes(parts: NDArray[np.object_], config: SplitConfig) -> list[str]:
    wanted = {"train": config.train, "validation": config.validation, "test": config.test}
    shares = {part: float((parts == part).mean()) for part in wanted}
    other = [
        f"{part} has {percent(share, decimals=1)} of all images and not {percent(wanted[part], decimals=1)}"
        for part, share in shares.items()
        if abs(share - wanted[part]) > _SIZE_TOLERANCE
    ]
    return [f"Parts have other sizes than `split` says: {'; '.join(other)}: groups are large"] if other else []


def _build(
    audit: DataAudit,
    images: pd.DataFrame,
    parts: NDArray[np.object_],
    reasons: NDArray[np.object_],
    *,
    findings: tuple[str, ...],
    locked: LockedTestSet | None,
) -> Split:
    included = reasons == ""
    kept, left_out = images[included], images[~included]
    return Split(
        image_ids=tuple(kept["image_id"]),
        labels=tuple(kept["label"]),
        groups=tuple(kept["group"]),
        parts=cast(tuple[Part, ...], tuple(parts[included].tolist())),
        classes=audit.classes,
        left_out=tuple(
            LeftOut(image_id=image_id, label=label, group=group, reason=reason)
            for image_id, label, group, reason in zip(
                left_out["image_id"], left_out["label"], left_out["group"], reasons[~included], strict=True
            )
        ),
        test_set=locked.reference if locked is not None else None,
        findings=findings,
    )

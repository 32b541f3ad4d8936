"""Names of groups that do not depend on the order or the names of files."""

from collections.abc import Sequence

import pandas as pd

from medimage.data.audit.data_audit import DataAudit


def images_in_stable_groups(audit: DataAudit) -> pd.DataFrame:
    """Returns the usable images of an audit, each group named by what it holds.

    A group with a known patient keeps that name. Any other is called by the smallest image id in it, where the audit
    names it after the position of its first file, which changes with each file that arrives. The column `first_image`
    has the smallest image id of every group. The division of images follows it, and not the names, which may be
    pseudonyms under a salt: it depends on the images alone.

    Args:
        audit: The audited images.
    """
    images = audit.usable.reset_index(drop=True)
    known = images["group"].isin(set(audit.images["patient"]) - {""})
    first = pd.Series(first_images(images["image_id"].tolist(), images["group"].tolist()), dtype=object)
    return images.assign(group=images["group"].where(known, first), first_image=first)


def first_images(image_ids: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Returns the smallest image id in the group of each image.

    Args:
        image_ids: SHA-256 of each image's bytes.
        groups: Group of each image.
    """
    first: dict[str, str] = {}
    for image_id, group in zip(image_ids, groups, strict=True):
        first[group] = min(first.get(group, image_id), image_id)
    return [first[group] for group in groups]

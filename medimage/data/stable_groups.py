"""Names of groups that do not depend on the order or the names of files."""

import pandas as pd

from medimage.data.audit.data_audit import DataAudit


def images_in_stable_groups(audit: DataAudit) -> pd.DataFrame:
    """Returns the usable images of an audit, each group named by what it holds.

    A group with a known patient keeps that name. Any other is called by the smallest image id in it, where the audit
    names it after the position of its first file, which changes with each file that arrives. The division of images
    follows the names of groups, so it depends on the images alone.

    Args:
        audit: The audited images.
    """
    images = audit.usable.reset_index(drop=True)
    known = images["group"].isin(set(audit.images["patient"]) - {""})
    first = images.sort_values("image_id").drop_duplicates("group").set_index("group")["image_id"]
    return images.assign(group=images["group"].where(known, images["group"].map(first)))

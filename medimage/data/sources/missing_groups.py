"""Saying which images no patient, lesion or study is known for."""

import logging
from collections.abc import Sequence

logger = logging.getLogger(__name__)


def note_on_missing_groups(groups: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Returns a sentence on images without a group, which a split may divide as it likes; it is logged, too.

    Args:
        groups: The group of each image; empty where there is none.
        where: Where groups are said, such as `'patient_id' in MANIFEST.csv`.
    """
    alone = sum(not group for group in groups)
    if not alone:
        return ()
    note = f"{alone} of {len(groups)} images have no group, because {where} is empty: each is a group of its own."
    logger.warning("%s", note)
    return (note,)

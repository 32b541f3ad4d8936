"""Saying which images no patient, lesion or study is known for, or perhaps none."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence

from medimage.wording import listed

logger = logging.getLogger(__name__)

_PLACEHOLDERS = frozenset({"-", "--", "?", "n/a", "na", "nan", "nil", "none", "null", "unbekannt", "unknown"})
"""What tables say of a patient whom nobody knows, in small letters: pandas writes `nan`, people the others."""


def notes_on_groups(groups: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Returns sentences on groups by which a split may divide images wrongly; they are logged, too.

    They are about images without a group, groups whose name may mean that there is none, and groups whose names differ
    in capitals only, which may be one.

    Args:
        groups: The group of each image; empty where there is none.
        where: Where groups are said, such as `'patient_id' in MANIFEST.csv`.
    """
    images = Counter(groups)
    notes = []
    if alone := images.pop("", 0):
        notes.append(
            f"{alone} of {len(groups)} images have no group, because {where} is empty: each is a group of its own."
        )
    doubtful = sorted(name for name in images if name.strip().lower() in _PLACEHOLDERS)
    if doubtful:
        notes.append(
            f"{sum(images[name] for name in doubtful)} of {len(groups)} images have {listed(doubtful)} in {where}, "
            "and images with the same entry are kept together as one group. Leave it empty where nobody is known."
        )
    spellings = defaultdict(list)
    for name in images:
        spellings[name.casefold()].append(name)
    alike = sorted(sorted(names) for names in spellings.values() if len(names) > 1)
    if alike:
        notes.append(
            f"Groups in {where} differ in capitals only, such as {listed(alike[0])} (in all {sum(map(len, alike))}), "
            "and are kept apart. Write them alike where they are one."
        )
    for note in notes:
        logger.warning("%s", note)
    return tuple(notes)

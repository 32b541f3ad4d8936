"""What lies on both sides of a split that comes with the data."""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from medimage.data.audit.exclusion import ExclusionCategory, categories

_PAIRS_OF_PARTS = tuple(combinations(("train", "validation", "test"), 2))


@dataclass(frozen=True, kw_only=True)
class Crossings:
    """Counts of what has images in more than one part of a given split.

    Attributes:
        groups: Groups: patients, joined with the duplicates that tie them together.
        images_of_groups: Images of those groups.
        exact_duplicates: Images that are there as equal files in several parts.
        images_of_exact_duplicates: Files of them.
        clusters: Clusters of near-duplicates, beyond equal files.
        images_of_clusters: Images of those clusters.
        between: Which two parts share any of these, such as `("train", "test")`.
    """

    groups: int
    images_of_groups: int
    exact_duplicates: int
    images_of_exact_duplicates: int
    clusters: int
    images_of_clusters: int
    between: tuple[tuple[str, str], ...]

    @property
    def any(self) -> bool:
        """Whether anything crosses."""
        return self.groups + self.exact_duplicates + self.clusters > 0


def find_crossings(images: pd.DataFrame) -> Crossings:
    """Counts what crosses the given split of audited images.

    Files quarantined as copies count: that they are in another part than the file that is kept is the leak itself.

    Args:
        images: One row per file with `image_id`, `group`, `given_split`, `duplicate_cluster` and `reason`.
    """
    copies = categories(images["reason"]).isin(
        [ExclusionCategory.EXACT_DUPLICATE, ExclusionCategory.CONTRADICTING_LABELS]
    )
    files = images[((images["reason"] == "") | copies) & (images["given_split"] != "")]
    groups = _parts_of_crossing(files, "group")
    exact = _parts_of_crossing(files, "image_id")
    clusters = _parts_of_crossing(files[files["reason"] == ""], "duplicate_cluster")
    shared = pd.concat([groups, exact, clusters]).map(set).tolist()
    return Crossings(
        groups=len(groups),
        images_of_groups=int(groups.map(len).sum()),
        exact_duplicates=len(exact),
        images_of_exact_duplicates=int(exact.map(len).sum()),
        clusters=len(clusters),
        images_of_clusters=int(clusters.map(len).sum()),
        between=tuple(pair for pair in _PAIRS_OF_PARTS if any(parts.issuperset(pair) for parts in shared)),
    )


def _parts_of_crossing(files: pd.DataFrame, column: str) -> pd.Series:
    """Returns the parts of the files of each value of a column that has files in several: value → list of parts."""
    crossing = files[files.groupby(column)["given_split"].transform("nunique") > 1]
    return crossing.groupby(column)["given_split"].agg(list)

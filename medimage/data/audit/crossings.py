"""What lies on both sides of a split that comes with the data."""

from dataclasses import dataclass

import pandas as pd

from medimage.data.audit.exclusion import ExclusionCategory, categories


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
    """

    groups: int
    images_of_groups: int
    exact_duplicates: int
    images_of_exact_duplicates: int
    clusters: int
    images_of_clusters: int

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
    groups, images_of_groups = _crossing(files, "group")
    exact, images_of_exact = _crossing(files, "image_id")
    clusters, images_of_clusters = _crossing(files[files["reason"] == ""], "duplicate_cluster")
    return Crossings(
        groups=groups,
        images_of_groups=images_of_groups,
        exact_duplicates=exact,
        images_of_exact_duplicates=images_of_exact,
        clusters=clusters,
        images_of_clusters=images_of_clusters,
    )


def _crossing(files: pd.DataFrame, column: str) -> tuple[int, int]:
    """Returns how many values of a column have files in several parts, and the number of those files."""
    crossing = files[files.groupby(column)["given_split"].transform("nunique") > 1]
    return int(crossing[column].nunique()), len(crossing)

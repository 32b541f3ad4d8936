"""Findings on images that show the same thing, and on what crosses the split that comes with the data."""

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.crossings import find_crossings
from medimage.data.audit.data_audit import Finding
from medimage.wording import counted, listed, percent

_EXAMPLES = 3
_SMALLEST_CHAIN = 10
"""Of few images a pair is a large share already; a chain that went astray has more."""


def findings_on_duplicates(images: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    """Says how many near-duplicates there are, which of them are suspicious, and what they do to a given split.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        config: Thresholds.
    """
    return [*_near_duplicates(images[images["reason"] == ""], config), *_given_split(images)]


def _finding(name: str, message: str) -> Finding:
    return Finding(name=name, critical=False, message=message)


def _near_duplicates(usable: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    near = usable[usable["duplicate_cluster"].duplicated(keep=False)]
    if near.empty:
        return []
    clusters = near.groupby("duplicate_cluster")
    sizes = clusters.size()
    findings = [
        _finding(
            "near_duplicates",
            f"{len(near)} images form {counted(len(sizes), 'cluster')} of near-duplicates; the largest has "
            f"{counted(int(sizes.max()), 'image')}",
        )
    ]
    share = float(sizes.max()) / len(usable)
    if share > config.maximum_cluster_share and sizes.max() >= _SMALLEST_CHAIN:
        largest = near[near["duplicate_cluster"] == sizes.idxmax()]
        findings.append(
            _finding(
                "large_duplicate_cluster",
                f"one cluster of near-duplicates holds {percent(share, decimals=1)} of the images ({len(largest)}, "
                f"such as {listed(largest['name'].iloc[:_EXAMPLES].tolist())}): a chain of similar images may have "
                "joined what does not belong together, and it stays on one side of the split; look at it, and raise "
                "data.audit.near_duplicate_similarity where that is so",
            )
        )
    mixed = near[clusters["label"].transform("nunique") > 1]
    if len(mixed):
        by_labels = mixed.groupby("duplicate_cluster")["label"].agg(lambda labels: listed(sorted(set(labels))))
        named = "; ".join(f"{labels}: {count}" for labels, count in by_labels.value_counts().items())
        first = mixed[mixed["duplicate_cluster"] == mixed["duplicate_cluster"].iloc[0]].drop_duplicates("label")
        findings.append(
            _finding(
                "near_duplicates_with_different_labels",
                f"{counted(len(by_labels), 'cluster')} of near-duplicates with images of different "
                f"classes ({named}), such as "
                f"{listed(first['name'].iloc[:2].tolist())}: one of the labels may be wrong",
            )
        )
    return findings


def _given_split(images: pd.DataFrame) -> list[Finding]:
    found = find_crossings(images)
    if not found.any:
        return []
    parts = [
        f"{count} {one if count == 1 else several} ({counted(number, 'image')})"
        for one, several, count, number in (
            ("group", "groups", found.groups, found.images_of_groups),
            ("exact duplicate", "exact duplicates", found.exact_duplicates, found.images_of_exact_duplicates),
            (
                "cluster of near-duplicates",
                "clusters of near-duplicates",
                found.clusters,
                found.images_of_clusters,
            ),
        )
        if count
    ]
    between = listed([f"{one} and {other}" for one, other in found.between])
    tested = ": some of what it tests was seen in training" if ("train", "test") in found.between else ""
    return [
        _finding(
            "given_split_leaks",
            f"the split that comes with the data is crossed by {listed(parts)}, between {between}{tested}",
        )
    ]

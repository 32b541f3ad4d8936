"""What the report says about the audit of the data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from medimage.data.audit.crossings import find_crossings
from medimage.data.audit.data_audit import DataAudit, Expectation
from medimage.data.audit.duplicate_pairs import DuplicatePair, duplicate_pairs
from medimage.data.audit.exclusion import ExclusionCategory
from medimage.data.image_table import ImageTable

ROWS_SHOWN = 40
"""Files that are told one by one; a page with thousands helps nobody."""

_PAIRS = 4
_LONGEST_TEXT = 300
_CATEGORIES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class AuditSection:
    """Counts and examples of an audit.

    Attributes:
        files_found: Files that the source found.
        kept: Images that are used.
        quarantined: Category → images that were audited and left out.
        skipped: Category → files that were not audited.
        excluded: Name, label and reason of some files left out for each reason; the label is empty for skipped ones.
        expectations: Results of the Great Expectations suite.
        findings: Number of findings.
        clusters: Clusters of near-duplicates.
        clustered_images: Images in them.
        largest_cluster: Images of the largest one.
        pairs: Examples of near-duplicates.
        groups: Groups of images that stay together.
        largest_group: Images of the largest group.
        unknown_patients: Images without a patient, lesion or study.
        crossings: What crosses the split that comes with the data, in words → how many; empty where none comes.
    """

    files_found: int
    kept: int
    quarantined: dict[str, int]
    skipped: dict[str, int]
    excluded: tuple[tuple[str, str, str], ...]
    expectations: tuple[Expectation, ...] = ()
    findings: int = 0
    clusters: int = 0
    clustered_images: int = 0
    largest_cluster: int = 0
    pairs: tuple[DuplicatePair, ...] = ()
    groups: int = 0
    largest_group: int = 0
    unknown_patients: int = 0
    crossings: dict[str, int]

    def __post_init__(self) -> None:
        if self.files_found != self.kept + self.left_out:
            raise ValueError(
                f"Expected {self.files_found} files to be kept or left out but got {self.kept} kept and "
                f"{self.left_out} left out"
            )

    @property
    def left_out(self) -> int:
        """Files that are not used."""
        return sum(self.quarantined.values()) + sum(self.skipped.values())

    @property
    def exact_duplicates(self) -> int:
        """Files that are copies of one that is kept."""
        return self.quarantined.get(ExclusionCategory.EXACT_DUPLICATE.value, 0)

    @classmethod
    def of(cls, audit: DataAudit, table: ImageTable | None = None) -> Self:
        """Collects it.

        Args:
            audit: The audit.
            table: The images, to show a few near-duplicates; none are shown where not given.
        """
        usable, quarantine = audit.usable, audit.quarantine
        sizes = usable["duplicate_cluster"].value_counts()
        clusters = sizes[sizes > 1]
        groups = usable["group"].value_counts()
        crossings = find_crossings(audit.images)
        rows = quarantine[["name", "label", "reason"]].to_dict("split")["data"]
        excluded = _some_of_each([*rows, *([name, "", reason] for name, reason in audit.skipped_files)])
        return cls(
            files_found=audit.files_found,
            kept=len(usable),
            quarantined=_by_category(quarantine["reason"]),
            skipped=_by_category(reason for _, reason in audit.skipped_files),
            excluded=tuple((_cut(str(name)), _cut(str(label)), _cut(str(reason))) for name, label, reason in excluded),
            expectations=audit.expectations,
            findings=len(audit.findings),
            clusters=len(clusters),
            clustered_images=int(clusters.sum()),
            largest_cluster=int(clusters.max()) if len(clusters) else 0,
            pairs=() if table is None else duplicate_pairs(table, usable, count=_PAIRS),
            groups=len(groups),
            largest_group=int(groups.max()) if len(groups) else 0,
            unknown_patients=int((usable["patient"] == "").sum()),
            crossings={
                "groups": crossings.groups,
                "exact duplicates": crossings.exact_duplicates,
                "clusters of near-duplicates": crossings.clusters,
            }
            if (audit.images["given_split"] != "").any()
            else {},
        )


def _some_of_each(rows: Sequence[list[str]]) -> list[list[str]]:
    """Returns at most `ROWS_SHOWN` rows, the first ones of every category before further ones of any."""
    seen = Counter[str]()
    ranked = []
    for position, row in enumerate(rows):
        category = row[2].partition(":")[0]
        ranked.append((seen[category], position))
        seen[category] += 1
    return [rows[position] for _, position in sorted(sorted(ranked)[:ROWS_SHOWN], key=lambda place: place[1])]


def _by_category(reasons: Iterable[str]) -> dict[str, int]:
    """Counts by what stands before the colon; rare categories beyond a screenful become one."""
    counts = Counter(_cut(str(reason).partition(":")[0]) for reason in reasons)
    shown = dict(counts.most_common(_CATEGORIES_SHOWN))
    rest = sum(counts.values()) - sum(shown.values())
    return shown | ({"other reasons": rest} if rest else {})


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"

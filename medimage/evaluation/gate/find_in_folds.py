"""What an audit and the splits of all folds say about how far out-of-fold results can be trusted."""

from collections.abc import Collection, Sequence

from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.errors import DataError
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.gate.imbalance import ClassWeightSetting, mitigates
from medimage.evaluation.gate.too_good import warn_of_perfection
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit


def find_in_folds(
    audit: DataAudit,
    splits: Sequence[Split],
    shortcuts: ShortcutAudit,
    pooled: Evaluation,
    *,
    class_weights: ClassWeightSetting,
    imbalance_ratio: float,
    locked: Collection[str] = (),
) -> DataFindings:
    """Collects what the gate judges: the worst fold decides.

    Args:
        audit: The audited images.
        splits: How they were divided in each fold.
        shortcuts: What was found about shortcuts and leakage.
        pooled: The out-of-fold predictions.
        class_weights: Section `training.class_weights`.
        imbalance_ratio: Largest ratio of class sizes that the gate allows.
        locked: Ids of the images of a locked test set, which must be in no fold.

    Raises:
        DataError: If images of the locked test set are in a fold: models that have seen them cannot be tested on it.
    """
    seen = set(locked).intersection(image_id for split in splits for image_id in split.image_ids)
    if seen:
        raise DataError(
            f"Expected folds without the locked test set, but {len(seen)} of its {len(locked)} images are in them, "
            f"such as {min(seen)}: a run has locked it since the images were divided. Start this run again to divide "
            "them without it, or set split.test_set: null to give up that test set for these models."
        )
    found = [
        find_in_data(
            audit,
            split,
            shortcuts,
            imbalance_mitigated=mitigates(split.counts("train"), class_weights, threshold=imbalance_ratio),
        )
        for split in splits
    ]
    worst = max(found, key=lambda findings: (not findings.imbalance_mitigated, _ratio(findings.training_counts)))
    clusters = int((audit.usable["duplicate_cluster"].value_counts() > 1).sum())
    crossing = max(findings.crossing_duplicates for findings in found)
    told = [sentence for findings in found for sentence in findings.findings]
    return DataFindings(
        training_counts=worst.training_counts,
        imbalance_mitigated=worst.imbalance_mitigated,
        crossing_groups=max(findings.crossing_groups for findings in found),
        crossing_duplicates=crossing,
        shortcuts=worst.shortcuts,
        findings=(*warn_of_perfection(pooled, clusters=clusters, crossing=crossing), *dict.fromkeys(told)),
    )


def _ratio(counts: dict[str, int]) -> float:
    smallest = min(counts.values())
    return max(counts.values()) / smallest if smallest else float("inf")

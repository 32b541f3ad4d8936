"""What an audit and a split say about how far a test result can be trusted."""

from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.evaluation.data_findings import DataFindings


def find_in_data(audit: DataAudit, split: Split, *, imbalance_mitigated: bool) -> DataFindings:
    """Collects what the gate judges and shows beside the numbers.

    A `Split` is disjoint by its type. Here its parts are compared anew with what the audit knows, so that a split of
    other data, or of groups that leave duplicates apart, does not go unseen.

    Args:
        audit: The audited images.
        split: How they were divided.
        imbalance_mitigated: Whether class weights or balanced sampling make up for unequal classes.
    """
    usable = audit.usable.set_index("image_id")
    part = dict(zip(split.image_ids, split.parts, strict=True))
    clusters = usable.loc[list(split.image_ids), "duplicate_cluster"].astype(str).tolist()
    groups = usable.loc[list(split.image_ids), "group"].tolist()
    parts = [part[image_id] for image_id in split.image_ids]
    return DataFindings(
        training_counts=split.counts("train"),
        imbalance_mitigated=imbalance_mitigated,
        crossing_groups=len(Split.crossing_groups(groups, parts)),
        crossing_duplicates=len(Split.crossing_groups(clusters, parts)),
        findings=tuple(finding.message for finding in audit.findings),
    )

"""What an audit and a split say about how far a test result can be trusted."""

from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Part, Split
from medimage.errors import DataError
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.shortcuts.sentences import shortcut_warnings, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit


def find_in_data(
    audit: DataAudit, split: Split, shortcuts: ShortcutAudit, *, imbalance_mitigated: bool
) -> DataFindings:
    """Collects what the gate judges and shows beside the numbers.

    A `Split` is disjoint by its type, in the groups that it was given. Here its parts are compared with what those
    groups were made from, the patients that the source names and the duplicates that the audit found, so that an
    error in between does not go unseen.

    Args:
        audit: The audited images.
        split: How they were divided.
        shortcuts: What was found about shortcuts and leakage.
        imbalance_mitigated: Whether class weights make up for unequal classes.

    Raises:
        DataError: If the split has images that the audit does not know as usable.
    """
    part = dict(zip(split.image_ids, split.parts, strict=True))
    usable = audit.usable
    strangers = sorted(set(part) - set(usable["image_id"]))
    if strangers:
        raise DataError(
            f"Expected a split of the audited images, but {len(strangers)} of its {len(part)} images are not among "
            f"the {len(usable)} usable ones, such as {strangers[0]}. The audit and the split belong to different data: "
            "start a run that makes both."
        )
    images = usable[usable["image_id"].isin(part.keys())]
    # A copy of an image may name another patient than the file that is kept.
    files = audit.images[audit.images["image_id"].isin(part.keys()) & (audit.images["patient"] != "")]
    return DataFindings(
        training_counts=split.counts("train"),
        imbalance_mitigated=imbalance_mitigated,
        crossing_groups=_crossings(files["patient"].tolist(), files["image_id"].tolist(), part),
        crossing_duplicates=_crossings(
            images["duplicate_cluster"].astype(str).tolist(), images["image_id"].tolist(), part
        ),
        shortcuts=len(shortcut_warnings(shortcuts)),
        findings=(*(finding.message for finding in audit.findings), *split.findings, *warnings(shortcuts)),
    )


def _crossings(groups: list[str], image_ids: list[str], part: dict[str, Part]) -> int:
    return len(Split.crossing_groups(groups, [part[image_id] for image_id in image_ids]))

"""What every report says about a run's data and about where it comes from."""

import datetime
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version

from medimage.config.loading import config_hash, config_to_yaml
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.montage import montage_from_table
from medimage.data.split import PARTS, Part, Split
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit

_PACKAGES = ("medimage", "zenml", "torch", "timm", "onnxruntime", "numpy", "pillow")


def parts_of(split: Split) -> dict[str, tuple[Split, Part]]:
    """Returns the columns of the table that tells how one split divided the images."""
    return {part: (split, part) for part in PARTS}


def report_context(
    config: RunConfig,
    *,
    run_id: str,
    model: str,
    images: ImageTable,
    audit: DataAudit,
    shortcuts: ShortcutAudit,
    columns: Mapping[str, tuple[Split, Part]],
    data_hash: str,
    subgroups: SubgroupAudit | None = None,
    explanations: Mapping[str, Explanation] | None = None,
) -> ReportContext:
    """Returns all that a report shows beside its numbers.

    Args:
        config: The whole configuration.
        run_id: Name of the run.
        model: What was trained, in words.
        images: What was read; some are shown.
        audit: What is known about the data.
        shortcuts: What was found about shortcuts and leakage.
        columns: Title → part of a split, for the table of how the images were divided. What was left out of the first
            one's split, and the locked test set that it took over, are told as well.
        data_hash: Hash of the split, or of the splits.
        subgroups: What was measured of the subgroups of the test images; None where nobody looked.
        explanations: Name of a model → its heat maps; the name is empty where there is one model.
    """
    split, _ = next(iter(columns.values()))
    return ReportContext(
        problem=config.problem,
        description=config.description,
        model=model,
        run_id=run_id,
        created=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        split_images={title: each.counts(part) for title, (each, part) in columns.items()},
        split_cases={title: each.group_counts(part) for title, (each, part) in columns.items()},
        split_case_totals={title: each.group_count(part) for title, (each, part) in columns.items()},
        split_left_out=dict(Counter(image.reason.partition(":")[0] for image in split.left_out)),
        audit=AuditSection.of(audit, images),
        shortcuts=shortcuts,
        subgroups=subgroups,
        montage=montage_from_table(images),
        explanations=dict(explanations or {}),
        configuration=config_to_yaml(config),
        provenance={
            "configuration": config_hash(config),
            "images": images.content_hash,
            "split": data_hash,
            **({"test set": f"{split.test_set.digest} ({split.test_set})"} if split.test_set else {}),
            **{package: version(package) for package in _PACKAGES},
        },
    )

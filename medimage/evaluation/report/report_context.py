"""What the report shows beside the numbers."""

from dataclasses import dataclass, field

from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit


@dataclass(frozen=True, kw_only=True)
class ReportContext:
    """Facts of a run that are not measured on the test images.

    Attributes:
        problem: Short name of the problem.
        description: One sentence on what is classified and for whom; may be empty.
        model: Name of the network, with what matters about it, such as its input size.
        run_id: Identifier of the run.
        created: When the report was made, as ISO 8601 text.
        split_images: Part of the split → class → images.
        split_cases: Part of the split → class → independent cases; may be empty.
        split_case_totals: Part of the split → independent cases of all classes together, which are fewer than the sum
            over classes where a case has images of several; may be empty.
        split_left_out: Kind of reason → images that could be used and are in no part.
        audit: What the audit of the data found; None where nobody looked.
        shortcuts: What was found about shortcuts and leakage; None where nobody looked.
        subgroups: What was measured of the subgroups of the test images; None where nobody looked.
        montage: Examples of each class, as JPEG bytes; None where there is no such picture.
        explanations: Name of a model → its heat maps; the name is empty where there is one model.
        configuration: The whole configuration, as YAML text.
        provenance: Name → value: configuration hash, data hash, versions of packages, machine.
    """

    problem: str
    description: str
    model: str
    run_id: str
    created: str
    split_images: dict[str, dict[str, int]]
    split_cases: dict[str, dict[str, int]] = field(default_factory=dict)
    split_case_totals: dict[str, int] = field(default_factory=dict)
    split_left_out: dict[str, int] = field(default_factory=dict)
    audit: AuditSection | None = None
    shortcuts: ShortcutAudit | None = None
    subgroups: SubgroupAudit | None = None
    montage: bytes | None = None
    explanations: dict[str, Explanation] = field(default_factory=dict)
    configuration: str = ""
    provenance: dict[str, str] = field(default_factory=dict)

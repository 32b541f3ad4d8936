"""Storage of audits of subgroups."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.report.report_subgroups import subgroups_page
from medimage.evaluation.subgroups.sentences import warnings
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit


class SubgroupAuditMaterializer(FileMaterializer):
    """Stores a `SubgroupAudit` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (SubgroupAudit,)

    def to_files(self, data: SubgroupAudit) -> dict[str, bytes]:
        """Returns the figures."""
        return {"subgroups.json": json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> SubgroupAudit:
        """Builds the audit."""
        return SubgroupAudit.from_dict(json.loads(read("subgroups.json")))

    def extract_metadata(self, data: SubgroupAudit) -> dict[str, MetadataType]:
        """Returns what a person must know, for the dashboard."""
        return {
            "columns": [column.name for column in data.columns],
            "comparisons": data.comparisons,
            "flagged": len(data.flagged),
            "warnings": list(warnings(data)),
        }

    def views(self, data: SubgroupAudit) -> dict[str, str | bytes]:
        """Returns the section of the report as a page of its own."""
        return {"subgroups.html": subgroups_page(data)}

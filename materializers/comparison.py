"""Storage of comparisons."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.comparison.comparison_table import COLUMNS, comparison_rows
from medimage.markdown_table import markdown_table

_FILE = "comparison.json"


class ComparisonMaterializer(FileMaterializer):
    """Stores a `Comparison` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Comparison,)

    def to_files(self, data: Comparison) -> dict[str, bytes]:
        """Returns the ranking with its recommendation."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> Comparison:
        """Builds the comparison."""
        return Comparison.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: Comparison) -> dict[str, MetadataType]:
        """Returns the recommendation and the order."""
        return {
            "recommended": data.recommended or "none",
            "ranking": [result.name for result in data.ranking],
            "failed": sorted(data.failures),
        }

    def views(self, data: Comparison) -> dict[str, str | bytes]:
        """Returns the ranking as a table."""
        lines = [
            "## Ranking",
            "",
            data.reason,
            "",
            *markdown_table(COLUMNS, comparison_rows(data)),
        ]
        return {"ranking.md": "\n".join(lines) + "\n"}

"""Storage of rankings of registered models."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.comparison.model_ranking import ModelRanking
from medimage.evaluation.comparison.model_ranking_table import COLUMNS, ranking_rows
from medimage.markdown_table import markdown_table

_FILE = "model_ranking.json"


class ModelRankingMaterializer(FileMaterializer):
    """Stores a `ModelRanking` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ModelRanking,)

    def to_files(self, data: ModelRanking) -> dict[str, bytes]:
        """Returns the ranking with its recommendation."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> ModelRanking:
        """Builds the ranking."""
        return ModelRanking.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: ModelRanking) -> dict[str, MetadataType]:
        """Returns the recommendation and the order."""
        return {
            "recommended": data.recommended or "none",
            "ranking": [result.name for result in data.ranking],
            "failed": sorted(data.failures),
        }

    def views(self, data: ModelRanking) -> dict[str, str | bytes]:
        """Returns the ranking as a table."""
        lines = [
            "## Ranking",
            "",
            data.reason,
            "",
            *markdown_table(COLUMNS, ranking_rows(data)),
        ]
        return {"ranking.md": "\n".join(lines) + "\n"}

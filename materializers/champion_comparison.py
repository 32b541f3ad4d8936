"""Storage of comparisons with the champion."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.comparison.champion_table import COLUMNS, champion_rows
from medimage.markdown_table import markdown_table

_FILE = "champion_comparison.json"


class ChampionComparisonMaterializer(FileMaterializer):
    """Stores a `ChampionComparison` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ChampionComparison,)

    def to_files(self, data: ChampionComparison) -> dict[str, bytes]:
        """Returns every difference with its intervals."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> ChampionComparison:
        """Builds the comparison."""
        return ChampionComparison.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: ChampionComparison) -> dict[str, MetadataType]:
        """Returns the champion and the ledger."""
        return {"champion": data.champion or "none", "status": data.status.value, **data.to_dict()["ledger"]}

    def views(self, data: ChampionComparison) -> dict[str, str | bytes]:
        """Returns the differences as a table."""
        lines = ["## Against the champion", "", data.sentence(), ""]
        if data.differences:
            lines += markdown_table(COLUMNS, champion_rows(data))
        return {"champion.md": "\n".join(lines) + "\n"}

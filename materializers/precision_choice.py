"""Storage of what was tried in fewer bits."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.precision_table import (
    COLUMNS,
    RESEMBLANCE_COLUMNS,
    precision_rows,
    resemblance_rows,
)
from medimage.markdown_table import markdown_table

_FILE = "precision.json"


class PrecisionChoiceMaterializer(FileMaterializer):
    """Stores a `PrecisionChoice` as JSON, and a file for each proven candidate."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (PrecisionChoice,)

    def to_files(self, data: PrecisionChoice) -> dict[str, bytes]:
        """Returns the graphs and what was found out about them."""
        files = {f"model.{precision}.onnx": content for precision, content in data.files.items()}
        return {**files, _FILE: json_bytes({**data.to_dict(), "files": sorted(data.files)})}

    def from_files(self, read: Callable[[str], bytes]) -> PrecisionChoice:
        """Builds the choice; what is served is worked out anew."""
        values = json.loads(read(_FILE))
        files = {precision: read(f"model.{precision}.onnx") for precision in values["files"]}
        return PrecisionChoice.from_dict(values, files=files)

    def extract_metadata(self, data: PrecisionChoice) -> dict[str, MetadataType]:
        """Returns what is served, and why nothing else is."""
        return {"served": data.served, "outcomes": data.sentences()}

    def views(self, data: PrecisionChoice) -> dict[str, str | bytes]:
        """Returns the candidates beside each other."""
        lines = [f"## Served in {data.served}", "", *markdown_table(COLUMNS, precision_rows(data)), ""]
        if resemblances := resemblance_rows(data):
            lines += [*markdown_table(RESEMBLANCE_COLUMNS, resemblances), ""]
        lines += [f"- {sentence}" for sentence in data.sentences()]
        return {"precision.md": "\n".join(lines) + "\n"}

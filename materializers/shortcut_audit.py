"""Storage of audits for shortcuts and leakage."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.shortcuts.sentences import explanations, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows
from medimage.markdown_table import markdown_table

_NUMBERS = ("value", "interval", "chance")


class ShortcutAuditMaterializer(FileMaterializer):
    """Stores a `ShortcutAudit` as JSON and a picture."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ShortcutAudit,)

    def to_files(self, data: ShortcutAudit) -> dict[str, bytes]:
        """Returns the figures and the borders."""
        return {"shortcuts.json": json_bytes(data.to_dict()), "border.png": data.border_examples}

    def from_files(self, read: Callable[[str], bytes]) -> ShortcutAudit:
        """Builds the audit."""
        return ShortcutAudit.from_dict(json.loads(read("shortcuts.json")), border_examples=read("border.png"))

    def extract_metadata(self, data: ShortcutAudit) -> dict[str, MetadataType]:
        """Returns what a person must know, for the dashboard."""
        return {"images": data.images, "confounded": data.is_confounded, "warnings": list(warnings(data))}

    def views(self, data: ShortcutAudit) -> dict[str, str | bytes]:
        """Returns the figures as a table with their sentences, and the borders."""
        lines = ["## Shortcuts and leakage", ""]
        lines += [f"- **{sentence}**" for sentence in warnings(data)]
        rows = [(row.what, row.value, row.interval, row.chance, row.meaning) for row in table_rows(data)]
        lines += ["", *markdown_table(("what", *_NUMBERS, "meaning"), rows, numbers=_NUMBERS)]
        lines += ["", *(f"- {sentence}" for sentence in explanations(data))]
        return {"shortcuts.md": "\n".join(lines) + "\n", "border_examples.png": data.border_examples}

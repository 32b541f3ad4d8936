"""Storage of what became of new images."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.markdown_table import markdown_table
from medimage.retraining.new_image import NewImages

_FILE = "new_images.json"


class NewImagesMaterializer(FileMaterializer):
    """Stores `NewImages` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (NewImages,)

    def to_files(self, data: NewImages) -> dict[str, bytes]:
        """Returns every file with its class and the reason that it is left out for."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> NewImages:
        """Builds them."""
        return NewImages.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: NewImages) -> dict[str, MetadataType]:
        """Returns how many there are."""
        return {"files": len(data.files), "taken": len(data.taken), "left_out": dict(data.left_out)}

    def views(self, data: NewImages) -> dict[str, str | bytes]:
        """Returns what came of them, then every file that is left out."""
        rows = [(file.name, file.label, file.reason) for file in data.files if file.reason]
        table = markdown_table(("file", "class", "left out"), rows) if rows else []
        return {"new_images.md": "\n".join([*(f"{each}\n" for each in data.sentences()), "", *table]) + "\n"}

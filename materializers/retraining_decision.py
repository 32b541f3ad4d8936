"""Storage of decisions to train again."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.retraining.decision import RetrainingDecision

_FILE = "decision.json"


class RetrainingDecisionMaterializer(FileMaterializer):
    """Stores a `RetrainingDecision` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (RetrainingDecision,)

    def to_files(self, data: RetrainingDecision) -> dict[str, bytes]:
        """Returns every reason with its numbers."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> RetrainingDecision:
        """Builds the decision."""
        return RetrainingDecision.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: RetrainingDecision) -> dict[str, MetadataType]:
        """Returns the verdict, and the reasons that hold."""
        return {"verdict": data.verdict.value, "reasons": [reason.name.value for reason in data.holding]}

    def views(self, data: RetrainingDecision) -> dict[str, str | bytes]:
        """Returns the decision as a page."""
        return {"decision.md": data.to_markdown()}

"""Storage of explanations."""

import io
import json
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.explanation.explanation_result import ExplainedCase, Explanation
from medimage.evaluation.explanation.gallery import draw_gallery

_ARRAYS = ("pixels", "heat_map")


class ExplanationMaterializer(FileMaterializer):
    """Stores an `Explanation` as JSON and arrays."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Explanation,)

    def to_files(self, data: Explanation) -> dict[str, bytes]:
        """Returns the figures of every case, and all pictures as two arrays."""
        cases = [{name: value for name, value in vars(case).items() if name not in _ARRAYS} for case in data.cases]
        values = {
            "cases": cases,
            "method": data.method,
            "advantage": data.advantage,
            "advantage_low": data.advantage_low,
            "advantage_high": data.advantage_high,
            "missing_because": data.missing_because,
        }
        files = {"explanation.json": json_bytes(values)}
        for name in _ARRAYS:
            buffer = io.BytesIO()
            pictures = [getattr(case, name) for case in data.cases]
            np.save(buffer, np.stack(pictures) if pictures else np.zeros(0, np.uint8), allow_pickle=False)
            files[f"{name}.npy"] = buffer.getvalue()
        return files

    def from_files(self, read: Callable[[str], bytes]) -> Explanation:
        """Builds the explanation."""
        values = json.loads(read("explanation.json"))
        pixels, heat_maps = (np.load(io.BytesIO(read(f"{name}.npy")), allow_pickle=False) for name in _ARRAYS)
        cases = tuple(
            ExplainedCase(**case, pixels=pixels[row], heat_map=heat_maps[row])
            for row, case in enumerate(values.pop("cases"))
        )
        return Explanation(cases=cases, **values)

    def extract_metadata(self, data: Explanation) -> dict[str, MetadataType]:
        """Returns the measures of faithfulness."""
        return dict(data.faithfulness())

    def views(self, data: Explanation) -> dict[str, str | bytes]:
        """Returns a gallery of the heat maps."""
        return {"gallery.png": draw_gallery(data)} if data.cases else {}

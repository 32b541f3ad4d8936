"""Storage of explanations."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.data.box import Box
from medimage.evaluation.explanation.areas import Areas
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import CaseMap, ExplainedCase, Explanation
from medimage.evaluation.explanation.gallery import draw_gallery
from medimage.evaluation.explanation.sentences import faithfulness, warnings

_PIXELS, _HEAT_MAPS = "pixels.npy", "heat_maps.npy"


class ExplanationMaterializer(FileMaterializer):
    """Stores an `Explanation` as JSON and arrays."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Explanation,)

    def to_files(self, data: Explanation) -> dict[str, bytes]:
        """Returns the figures of every case, and all pictures as two arrays."""
        values = {
            "cases": [_case_to_dict(case) for case in data.cases],
            "methods": [method.to_dict() for method in data.methods],
            "missing_because": data.missing_because,
        }
        return {
            "explanation.json": json_bytes(values),
            _PIXELS: _array_bytes([case.pixels for case in data.cases]),
            _HEAT_MAPS: _array_bytes([each.heat_map for case in data.cases for each in case.maps.values()]),
        }

    def from_files(self, read: Callable[[str], bytes]) -> Explanation:
        """Builds the explanation."""
        values = json.loads(read("explanation.json"))
        pixels, heat_maps = (np.load(io.BytesIO(read(name)), allow_pickle=False) for name in (_PIXELS, _HEAT_MAPS))
        remaining = iter(heat_maps)
        cases = []
        for case, picture in zip(values["cases"], pixels, strict=True):
            lesions = tuple(Box(**box) for box in case.pop("lesions"))
            maps = {
                each["method"]: CaseMap(
                    heat_map=next(remaining),
                    areas=Areas(**each["areas"]),
                    random_areas=Areas(**each["random_areas"]),
                    hit=each["hit"],
                )
                for each in case.pop("maps")
            }
            cases.append(ExplainedCase(**case, pixels=picture, lesions=lesions, maps=maps))
        return Explanation(
            cases=tuple(cases),
            methods=tuple(ExplainedMethod.from_dict(method) for method in values["methods"]),
            missing_because=values["missing_because"],
        )

    def extract_metadata(self, data: Explanation) -> dict[str, MetadataType]:
        """Returns what the maps of each method are worth."""
        told: dict[str, MetadataType] = dict(faithfulness(data))
        found = warnings(data)
        return {**told, "warnings": list(found)} if found else told

    def views(self, data: Explanation) -> dict[str, str | bytes]:
        """Returns a gallery of the heat maps."""
        return {"gallery.png": draw_gallery(data)} if data.cases else {}


def _case_to_dict(case: ExplainedCase) -> dict[str, Any]:
    plain = {name: value for name, value in vars(case).items() if name not in ("pixels", "lesions", "maps")}
    # A list, because their order counts, and JSON is written with sorted keys.
    maps = [
        {"method": name, "areas": asdict(each.areas), "random_areas": asdict(each.random_areas), "hit": each.hit}
        for name, each in case.maps.items()
    ]
    return {**plain, "lesions": [asdict(box) for box in case.lesions], "maps": maps}


def _array_bytes(pictures: list[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.stack(pictures) if pictures else np.zeros(0, np.uint8), allow_pickle=False)
    return buffer.getvalue()

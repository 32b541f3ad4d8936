"""One explained image: its maps on trial, each against a random one as coarse."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import MethodName
from medimage.data.box import Box
from medimage.evaluation.explanation.areas import Areas
from medimage.evaluation.explanation.explanation_result import CaseMap
from medimage.evaluation.explanation.faithfulness import (
    Predict,
    deletion_and_insertion,
    order_of_importance,
    random_map,
)
from medimage.evaluation.explanation.road import road


@dataclass(frozen=True, kw_only=True, eq=False)
class CoarseMap:
    """A heat map, and what it was enlarged from.

    Attributes:
        values: float32, shape [height, width], in [0, 1].
        cells: Rows, and columns, of what it was enlarged from.
    """

    values: NDArray[np.float32]
    cells: int


@dataclass(frozen=True, kw_only=True, eq=False)
class FaithfulnessTrial:
    """How maps of one model are tried.

    Attributes:
        predict: The model.
        fill: uint8, shape [channels]: what a pixel becomes when it is taken away.
        steps: Steps of deletion and insertion.
        generator: Of random maps and noise.
    """

    predict: Predict
    fill: NDArray[np.uint8]
    steps: int
    generator: np.random.Generator

    def of_case(
        self,
        pixels: NDArray[np.uint8],
        maps: Mapping[MethodName, CoarseMap],
        *,
        class_index: int,
        lesions: tuple[Box, ...],
    ) -> dict[MethodName, CaseMap]:
        """Tries the maps that several methods made of one image.

        Methods that are equally coarse have the same random opponent.

        Args:
            pixels: uint8, shape [height, width, channels].
            maps: Method → its map.
            class_index: The class that they explain.
            lesions: Known lesions, in pixels of the image.
        """
        opponents = {
            cells: random_map(size=len(pixels), cells=cells, generator=self.generator)
            for cells in sorted({each.cells for each in maps.values()})
        }
        of_opponents = {
            cells: self._areas(pixels, order_of_importance(opponent), class_index)
            for cells, opponent in opponents.items()
        }
        return {
            name: CaseMap(
                heat_map=(each.values * 255).round().astype(np.uint8),
                areas=self._areas(
                    pixels, order_of_importance(each.values, where_equal=opponents[each.cells]), class_index
                ),
                random_areas=of_opponents[each.cells],
                hit=_hits(each.values, lesions) if lesions else None,
            )
            for name, each in maps.items()
        }

    def _areas(self, pixels: NDArray[np.uint8], order: NDArray[np.int64], class_index: int) -> Areas:
        deletion, insertion = deletion_and_insertion(
            self.predict, pixels=pixels, order=order, class_index=class_index, fill=self.fill, steps=self.steps
        )
        replaced = road(self.predict, pixels=pixels, order=order, class_index=class_index, generator=self.generator)
        return Areas(deletion=deletion, insertion=insertion, road=replaced)


def _hits(heat_map: NDArray[np.float32], lesions: tuple[Box, ...]) -> bool:
    if not heat_map.any():
        return False
    row, column = np.unravel_index(int(heat_map.argmax()), heat_map.shape)
    return any(box.contains(row=int(row), column=int(column)) for box in lesions)

"""The two lung fields: their outline, and coordinates inside them to place disease by."""

from dataclasses import dataclass

import numpy as np

from medimage.data.synthetic.anatomy import Anatomy
from medimage.data.synthetic.canvas import Canvas, FloatArray, rising_edge


@dataclass(frozen=True, eq=False, kw_only=True)
class LungField:
    """One lung as the projection shows it.

    Attributes:
        side: -1 for the left of the image, 1 for the right.
        mask: float32, shape [size, size]; 1 inside, 0 outside, smooth at the border.
        apex: y of the top.
        base: y of the diaphragm at the middle of the lung.
        medial: Distance of the inner border from the midline.
        lateral: Distance of the outer border from the midline, at its widest.
    """

    side: int
    mask: FloatArray
    apex: float
    base: float
    medial: float
    lateral: float

    def place(self, *, height: float, depth: float) -> tuple[float, float]:
        """Returns x and y of a point given relative to the lung.

        Args:
            height: 0 at the apex, 1 at the diaphragm.
            depth: 0 at the inner border, 1 at the outer border at that height.
        """
        width = (self.lateral - self.medial) * _relative_width(np.array(height)).item()
        return self.side * (self.medial + depth * width), self.apex + height * (self.base - self.apex)


def lung_fields(anatomy: Anatomy, canvas: Canvas) -> tuple[LungField, LungField]:
    """Draws the outlines of the lung on the left and on the right of the image."""
    return _lung_field(anatomy, canvas, side=-1), _lung_field(anatomy, canvas, side=1)


def _relative_width(height: FloatArray) -> FloatArray:
    """Returns the width of a lung at a height, as a share of its widest: a dome at the top, then nearly straight."""
    from_top = np.clip(height / 0.75, 0, 1)
    return np.sqrt(1 - (1 - from_top) ** 2.2)


def _lung_field(anatomy: Anatomy, canvas: Canvas, *, side: int) -> LungField:
    index = (side + 1) // 2
    apex, base = anatomy.apex[index], anatomy.base[index]
    medial, lateral = anatomy.medial[index], anatomy.lateral[index]
    outward = side * canvas.x
    outer = medial + (lateral - medial) * _relative_width((canvas.y - apex) / (base - apex))
    across = (outward - medial) / (lateral - medial)
    # The dome's top lies towards the midline; outwards it falls to the costophrenic angle.
    diaphragm = base - anatomy.dome + 3.2 * anatomy.dome * (across - 0.4) ** 2
    mask = (
        rising_edge(outer - outward, width=0.05)
        * rising_edge(outward - medial, width=0.05)
        * rising_edge(diaphragm - canvas.y, width=0.04)
    )
    return LungField(side=side, mask=mask, apex=apex, base=base, medial=medial, lateral=lateral)

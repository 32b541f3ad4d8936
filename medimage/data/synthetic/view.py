"""How a patient stands before the detector: the part of the canvas that one image shows."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy

from medimage.data.synthetic.canvas import EXTENT, FloatArray


@dataclass(frozen=True, kw_only=True)
class View:
    """The position of the patient in one image.

    Attributes:
        angle: Rotation, in radians.
        zoom: Magnification.
        stretch: Horizontal magnification on top of it, as the patient turns sideways.
        shift_down: Canvas height that lies in the middle of the image.
        shift_right: Canvas abscissa that lies in the middle of the image.
    """

    angle: float
    zoom: float
    stretch: float
    shift_down: float
    shift_right: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Draws a position."""
        return cls(
            angle=generator.uniform(-0.10, 0.10),
            zoom=generator.uniform(0.88, 1.12),
            stretch=generator.uniform(0.93, 1.07),
            shift_down=generator.uniform(-0.11, 0.11),
            shift_right=generator.uniform(-0.11, 0.11),
        )

    def project(self, drawing: FloatArray, *, image_size: int) -> FloatArray:
        """Returns what the image shows of a canvas.

        Args:
            drawing: float32, shape [size, size], covering the canvas.
            image_size: Height and width of the image, in pixels.

        Returns:
            float32, shape [image_size, image_size]; the canvas is continued by its border where it ends.
        """
        points_per_unit = (len(drawing) - 1) / (2 * EXTENT)
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        turn = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([1, 1 / self.stretch]) / self.zoom
        matrix = turn * points_per_unit * 2 / image_size
        center = (EXTENT + np.array([self.shift_down, self.shift_right])) * points_per_unit
        offset = center - matrix @ np.full(2, (image_size - 1) / 2)
        return scipy.ndimage.affine_transform(
            drawing,
            np.column_stack([matrix, offset]),
            output_shape=(image_size, image_size),
            order=1,
            mode="nearest",
        )

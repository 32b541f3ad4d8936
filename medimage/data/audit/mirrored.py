"""Small pictures, mirrored and turned."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from medimage.data.audit.thumbnail import THUMBNAIL_SIDE

Value = TypeVar("Value", bound=np.generic)


class Orientation(NamedTuple):
    """How a picture lies beside another one that shows the same.

    Attributes:
        rows: 1 or -1: the step through rows.
        columns: 1 or -1: the step through columns.
        transposed: Whether rows and columns are exchanged before.
    """

    rows: int
    columns: int
    transposed: bool

    @property
    def inverse(self) -> "Orientation":
        """What brings a picture that lies so back."""
        return Orientation(self.columns, self.rows, True) if self.transposed else self


ORIENTATIONS = (
    Orientation(1, 1, False),
    Orientation(1, -1, False),
    Orientation(-1, 1, False),
    Orientation(-1, -1, False),
    Orientation(1, 1, True),
    Orientation(-1, -1, True),
    Orientation(1, -1, True),
)
"""As it is, left and right exchanged, top and bottom exchanged, turned by 180 degrees, mirrored at either diagonal, and
turned by 90 degrees. Augmented data sets hold all of them. Of two pictures of which one is turned by 270 degrees, the
other is turned by 90: where both orders of a pair are compared, that is enough."""


def mirrored(pictures: NDArray[Value], orientation: Orientation) -> NDArray[Value]:
    """Returns flattened pictures of 32 x 32 pixels in another orientation.

    Args:
        pictures: Shape [pictures, 1024].
        orientation: How they shall lie.
    """
    square = pictures.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    if orientation.transposed:
        square = square.transpose(0, 2, 1)
    return np.ascontiguousarray(square[:, :: orientation.rows, :: orientation.columns]).reshape(pictures.shape)

"""Small pictures, mirrored."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from medimage.data.audit.thumbnail import THUMBNAIL_SIDE

Value = TypeVar("Value", bound=np.generic)


def mirrored(pictures: NDArray[Value], steps: tuple[int, int]) -> NDArray[Value]:
    """Returns flattened pictures of 32 x 32 pixels with rows, columns or both in reverse.

    Args:
        pictures: Shape [pictures, 1024].
        steps: 1 or -1, through rows and through columns.
    """
    square = pictures.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return np.ascontiguousarray(square[:, :: steps[0], :: steps[1]]).reshape(pictures.shape)

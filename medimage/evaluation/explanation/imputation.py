"""What missing pixels most likely were, from the pixels around them."""

import numpy as np
import scipy
from numpy.typing import NDArray

_SIDE, _CORNER = 1 / 6, 1 / 12
"""Weights of the four nearest neighbours and of the four diagonal ones."""

_RESIDUAL = 0.0003
"""How far a pixel may be from the mean of its neighbours, root mean square, in values from 0 to 255. Pixels are then
within one of the exact solution, far below the noise that is added to them."""

_NEIGHBOURS = tuple(
    (down, right, _SIDE if 0 in (down, right) else _CORNER)
    for down in (-1, 0, 1)
    for right in (-1, 0, 1)
    if (down, right) != (0, 0)
)


def impute(pixels: NDArray[np.uint8], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Replaces missing pixels so that each is the weighted mean of its eight neighbours, missing ones included.

    The equations of all missing pixels are solved together: Rong, Leemann, Borisov, Kasneci and Kasneci (2022), A
    Consistent and Efficient Evaluation Strategy for Attribution Methods, ICML. At the image's border the
    weights of the neighbours that there are add up to 1.

    Args:
        pixels: uint8, shape [height, width, channels].
        missing: Shape [height, width].

    Returns:
        float64, shape [height, width, channels]; pixels that are not missing are as they were.

    Raises:
        ValueError: If all pixels are missing.
    """
    if missing.all():
        raise ValueError("Expected pixels to impute from but all are missing")
    imputed = pixels.astype(np.float64)
    count = int(missing.sum())
    if count == 0:
        return imputed
    height, width = missing.shape
    number = np.full((height, width), -1)
    number[missing] = np.arange(count)
    rows, columns = np.nonzero(missing)
    weight_of_all = np.zeros(count)
    known = np.zeros((count, pixels.shape[2]))
    entries: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]] = []
    for down, right, weight in _NEIGHBOURS:
        row, column = rows + down, columns + right
        inside = np.flatnonzero((row >= 0) & (row < height) & (column >= 0) & (column < width))
        row, column = row[inside], column[inside]
        weight_of_all[inside] += weight
        neighbour = number[row, column]
        is_known = neighbour < 0
        known[inside[is_known]] += weight * imputed[row[is_known], column[is_known]]
        unknown = inside[~is_known]
        entries.append((np.full(len(unknown), -weight), unknown, neighbour[~is_known]))
    entries.append((weight_of_all, np.arange(count), np.arange(count)))
    values, equations, unknowns = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    system = scipy.sparse.coo_array((values, (equations, unknowns)), shape=(count, count)).tocsr()
    middle = imputed[~missing].mean(axis=0)
    for channel in range(pixels.shape[2]):
        # Symmetric and positive definite, so conjugate gradients: a factorisation takes four times as long.
        solution, _ = scipy.sparse.linalg.cg(
            system,
            known[:, channel],
            x0=np.full(count, middle[channel]),
            rtol=0,
            atol=_RESIDUAL * np.sqrt(count),
            maxiter=count,
        )
        imputed[rows, columns, channel] = solution
    return imputed

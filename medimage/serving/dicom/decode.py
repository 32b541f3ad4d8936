"""DICOM files: from their bytes to 8-bit pixels as a viewer shows them first.

Formulas are those of DICOM PS3.3: C.11.1 (modality), C.11.2 (values of interest), C.7.6.3 (pixels, palettes, colors).
What the standard leaves open, or a file leaves out, is refused and not guessed.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.dataset import DicomFile, damaged, read_dicom
from medimage.serving.dicom.frame import decode_frame
from medimage.serving.dicom.grayscale import FULL_SCALE, read_grayscale
from medimage.serving.dicom.header import GRAY, PixelHeader, read_pixel_header
from medimage.serving.dicom.lookup_table import LookupTable, read_palette
from medimage.serving.dicom.pixel_data import EncodedFrames
from medimage.serving.image_content import several_frames
from medimage.serving.refusal import ImageRefusedError

_PIXELS_AT_A_TIME = 2**20
"""Pixels that are looked up at a time: what that takes would otherwise be many times what the image takes."""


def decode_dicom(data: bytes) -> NDArray[np.uint8]:
    """Decodes a DICOM file with one frame.

    Gray (MONOCHROME1 and 2) goes through the modality transformation (table, or slope and intercept), then through
    the first VOI table, or the first window where there is none (LINEAR, LINEAR_EXACT or SIGMOID). Where there is
    neither, the lowest and the highest modality value of the picture become 0 and 255; values marked as padding do
    not count, and are clipped to that range. A frame of one value becomes 0. MONOCHROME1 is inverted last, so that 0
    is black. Every step is float64; the end is rounded to whole numbers, halves up.

    PALETTE COLOR goes through its tables. RGB, and YBR_FULL, YBR_FULL_422, YBR_ICT and YBR_RCT after conversion to
    it, keep their samples of 8 bits; deeper ones are scaled from 0..2^bits - 1 to 0..255. Overlays, colour profiles
    and presentation states are not applied.

    Args:
        data: The whole file.

    Returns:
        uint8, shape [rows, columns, 1] for gray and [rows, columns, 3] for color, values 0 to 255, C-contiguous.

    Raises:
        ImageRefusedError: For every file that is not decoded, whatever is wrong with it.
    """
    try:
        file = read_dicom(io.BytesIO(data))
        header = check_dicom(file)
        _refuse_several_frames(header)
        return np.ascontiguousarray(_shown(file, header))
    except ImageRefusedError:
        raise
    except Exception as error:
        # pydicom converts a value when it is asked for, and on a damaged one raises almost any exception.
        raise damaged("one of its elements cannot be read") from error


def dicom_size(data: bytes) -> tuple[int, int, int]:
    """Returns width, height in pixels and channels (1 or 3) of a DICOM file, without decoding it.

    Raises:
        ImageRefusedError: As `decode_dicom`, for a header that it would refuse.
    """
    header = check_dicom(read_dicom(io.BytesIO(data), with_pixels=False))
    return header.columns, header.rows, 1 if header.photometric in GRAY else 3


def check_dicom(file: DicomFile, *, frame: int = 0) -> PixelHeader:
    """Checks everything that can be known without the pixels.

    Args:
        file: The file, with or without its pixel data.
        frame: Index of the frame that is to be shown, from 0.

    Returns:
        What the header says about the pixels, of any number of frames.

    Raises:
        ImageRefusedError: If `decode_dicom` would refuse the file for its header, several frames apart.
    """
    try:
        header = read_pixel_header(file)
        attributes = FrameAttributes(file.dataset, frame)
        if header.photometric in GRAY:
            read_grayscale(attributes, header)
        elif header.samples == 1:
            read_palette(attributes, header)
    except ImageRefusedError:
        raise
    except Exception as error:
        raise damaged("one of its elements cannot be read") from error
    return header


def _refuse_several_frames(header: PixelHeader) -> None:
    if header.frames > 1:
        raise several_frames(header.frames)


def _shown(file: DicomFile, header: PixelHeader) -> NDArray[np.uint8]:
    samples = decode_frame(EncodedFrames.read(file, header)[0], header)
    attributes = FrameAttributes(file.dataset)
    if header.photometric in GRAY:
        return read_grayscale(attributes, header)(samples.astype(np.int32))
    if header.samples == 1:
        return _colored(samples[:, :, 0], read_palette(attributes, header))
    highest = (1 << header.bits_stored) - 1
    if highest == FULL_SCALE:
        return samples.astype(np.uint8)
    return np.floor(np.minimum(samples / highest, 1) * FULL_SCALE + 0.5).astype(np.uint8)


def _colored(stored: NDArray[Any], palette: Sequence[LookupTable]) -> NDArray[np.uint8]:
    """Returns the colors of stored values, halves rounded up."""
    colors = np.empty((*stored.shape, len(palette)), np.uint8)
    rows = max(1, _PIXELS_AT_A_TIME // stored.shape[1])
    for channel, table in enumerate(palette):
        levels = np.floor(table.entries / table.highest * FULL_SCALE + 0.5).astype(np.uint8)
        for row in range(0, len(stored), rows):
            index = stored[row : row + rows].astype(np.int64) - table.first
            colors[row : row + rows, :, channel] = levels[np.clip(index, 0, len(levels) - 1)]
    return colors

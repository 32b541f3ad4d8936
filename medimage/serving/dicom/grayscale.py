"""The grayscale pipeline of DICOM: from stored values to display values (PS3.3, C.11; PS3.4, N.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.dataset import damaged, unsupported
from medimage.serving.dicom.header import PixelHeader
from medimage.serving.dicom.lookup_table import LookupTable, read_lookup_table

FULL_SCALE = 255.0
"""The largest display value; the smallest is 0."""


@dataclass(frozen=True)
class Rescale:
    """Modality values by slope and intercept (PS3.3, C.11.1.1.2)."""

    slope: float
    intercept: float

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns modality values."""
        return values * self.slope + self.intercept


@dataclass(frozen=True)
class Window:
    """Display values by a window.

    Attributes:
        center: Window center, in modality values.
        width: Window width, in modality values.
        function: `LINEAR` (PS3.3, C.11.2.1.2.1), `SIGMOID` (C.11.2.1.3.1) or `LINEAR_EXACT` (C.11.2.1.3.2).
    """

    center: float
    width: float
    function: str = "LINEAR"

    def __post_init__(self) -> None:
        # A linear window of width 1 is a step: the standard's formula shrinks to its two outer branches.
        if self.width < 1 if self.function == "LINEAR" else self.width <= 0:
            raise damaged(f"a {self.function} window cannot be {self.width:g} wide")

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns display values, 0 to 255."""
        if self.function == "SIGMOID":
            # Beyond 500 the exponential is as good as endless, and would only overflow.
            exponent = np.clip(-4 * (values - self.center) / self.width, -500, 500)
            return FULL_SCALE / (1 + np.exp(exponent))
        center, width = (self.center - 0.5, self.width - 1) if self.function == "LINEAR" else (self.center, self.width)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = ((values - center) / width + 0.5) * FULL_SCALE
        low, high = values <= center - width / 2, values > center + width / 2
        return np.where(low, 0.0, np.where(high, FULL_SCALE, inside))


@dataclass(frozen=True)
class Grayscale:
    """What turns the stored values of one frame into display values.

    Attributes:
        modality: From stored to modality values.
        voi: From modality values to those of interest: a table, a window, or None where the file has neither.
        inverted: Whether the lowest value is shown white.
        padding: Stored values, from the lower to the upper, that are no part of the picture; None where there are none.
    """

    modality: Rescale | LookupTable
    voi: Window | LookupTable | None
    inverted: bool
    padding: tuple[int, int] | None

    def __call__(self, stored: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Returns display values as uint8 of the same shape, halves rounded up.

        All steps are float64. Each distinct value is computed once: there are at most 65,536.
        """
        lowest = int(stored.min())
        values = np.arange(lowest, int(stored.max()) + 1)
        modality = self.modality(values.astype(np.float64))
        if self.voi is None:
            display = self._stretched(modality, values, np.bincount(stored.ravel() - lowest) > 0)
        elif isinstance(self.voi, LookupTable):
            display = self.voi(modality) / self.voi.highest * FULL_SCALE
        else:
            display = self.voi(modality)
        if self.inverted:
            display = FULL_SCALE - display
        return np.floor(display + 0.5).astype(np.uint8)[stored - lowest]

    def _stretched(
        self, modality: NDArray[np.float64], values: NDArray[np.int64], present: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Returns display values such that those of the picture reach from 0 to 255; padding is clipped to them."""
        pictured = present
        if self.padding is not None:
            pictured = present & ((values < self.padding[0]) | (values > self.padding[1]))
        if not pictured.any():
            return np.zeros_like(modality)
        low, high = float(modality[pictured].min()), float(modality[pictured].max())
        if low == high:
            return np.zeros_like(modality)
        return np.clip((modality - low) / (high - low), 0, 1) * FULL_SCALE


def read_grayscale(attributes: FrameAttributes, header: PixelHeader) -> Grayscale:
    """Reads how a gray frame is to be shown.

    A VOI table is used before a window, and the first where there are several: they are alternatives.

    Raises:
        ImageRefusedError: If the file says it in a way that contradicts itself or is not supported.
    """
    modality = _modality(attributes, header)
    return Grayscale(
        modality=modality,
        voi=_voi(attributes, header, modality),
        inverted=_inverted(attributes, header),
        padding=_padding(attributes, header),
    )


def modality_is_for_measuring(attributes: FrameAttributes) -> bool:
    """Whether the modality transformation leads back to X-ray intensity and is not for showing.

    So it is in angiography and fluoroscopy of logarithmic pixels (PS3.3, C.8.7.1.1.2): the window is about the stored
    values.
    """
    relationship = str(attributes.value("PixelIntensityRelationship") or "").strip().upper()
    return str(attributes.value("Modality") or "").strip() in ("XA", "RF") and relationship in ("LOG", "DISP")


def _modality(attributes: FrameAttributes, header: PixelHeader) -> Rescale | LookupTable:
    if modality_is_for_measuring(attributes):
        return Rescale(1.0, 0.0)
    if (item := attributes.first_item("ModalityLUTSequence")) is not None:
        return _table(item, header, signed_input=header.signed)
    slope, intercept = attributes.decimal("RescaleSlope"), attributes.decimal("RescaleIntercept")
    if slope == 0:
        raise damaged("RescaleSlope is 0")
    return Rescale(1.0 if slope is None else slope, intercept or 0.0)


def _voi(
    attributes: FrameAttributes, header: PixelHeader, modality: Rescale | LookupTable
) -> Window | LookupTable | None:
    if (item := attributes.first_item("VOILUTSequence")) is not None:
        half = 1 << header.bits_stored - 1
        extremes = np.array([-half, half - 1] if header.signed else [0, 2 * half - 1], dtype=np.float64)
        return _table(item, header, signed_input=float(modality(extremes).min()) < 0)
    center, width = attributes.decimal("WindowCenter"), attributes.decimal("WindowWidth")
    if center is None and width is None:
        return None
    if center is None or width is None:
        raise damaged("it has a window without " + ("center" if center is None else "width"))
    return Window(center, width, attributes.code("VOILUTFunction", ("LINEAR", "LINEAR_EXACT", "SIGMOID")) or "LINEAR")


def _table(item: FrameAttributes, header: PixelHeader, *, signed_input: bool) -> LookupTable:
    return read_lookup_table(
        item,
        descriptor="LUTDescriptor",
        data="LUTData",
        signed_input=signed_input,
        little_endian=header.transfer_syntax.is_little_endian,
    )


def _inverted(attributes: FrameAttributes, header: PixelHeader) -> bool:
    """Whether low values are white. The shape repeats the photometric interpretation (PS3.3, C.8.11.3.1.2)."""
    inverted = header.photometric == "MONOCHROME1"
    shape = attributes.code("PresentationLUTShape", ("IDENTITY", "INVERSE"))
    if shape is not None and (shape == "INVERSE") != inverted:
        raise unsupported(
            f"The DICOM file is {header.photometric} with the presentation LUT shape {shape}, which contradict each "
            "other on whether low values are black; send it with MONOCHROME1 and INVERSE or MONOCHROME2 and IDENTITY."
        )
    return inverted


def _padding(attributes: FrameAttributes, header: PixelHeader) -> tuple[int, int] | None:
    """Returns the range of padding (PS3.3, C.7.5.1.1.2), whose limit may be below the value or above it."""
    if attributes.value("PixelPaddingValue") is None:
        return None
    value = attributes.integer("PixelPaddingValue")
    limit = attributes.integer("PixelPaddingRangeLimit", default=value)
    # The file may give either as signed or as unsigned, whatever its pixels are.
    period = 1 << 16
    half = period // 2 if header.signed else 0
    low, high = sorted((number + half) % period - half for number in (value, limit))
    return low, high

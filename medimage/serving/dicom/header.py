"""What a DICOM header says about the pixels, checked before any of them is decoded."""

from dataclasses import dataclass

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.dataset import DicomFile, damaged, unsupported
from medimage.serving.dicom.kinds import without_pixels
from medimage.serving.image_limits import refuse_extreme_size

NATIVE = frozenset({ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian})
JPEG = frozenset(
    {JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless}
)
JPEG_2000 = frozenset({JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K})

GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_SAMPLES = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}
"""Photometric interpretations with a defined meaning (PS3.3, C.7.6.3.1.2) and their samples per pixel."""

_RETIRED = frozenset({"HSV", "ARGB", "CMYK", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "XYB"})
"""Others that the standard knows or knew, to name them in a refusal."""

MAXIMUM_FRAMES = 100_000
"""An hour of film. Each frame becomes an image, so that a header must not ask for any number of them."""

_SMALLEST_COMPRESSED_FRAME = 32
"""Bytes: 8 for the start of its item (PS3.5, A.4), and no JPEG, JPEG 2000 or RLE frame is shorter than 24."""


@dataclass(frozen=True, kw_only=True)
class PixelHeader:
    """How the pixels of a DICOM file are stored.

    Attributes:
        transfer_syntax: How the file and its pixels are encoded.
        photometric: Photometric interpretation.
        rows: Height in pixels.
        columns: Width in pixels.
        samples: Samples per pixel, 1 or 3.
        planar: Whether the samples of a color come after one another, and not those of a pixel.
        bits_allocated: Bits that a sample takes, 8 or 16.
        bits_stored: Bits that mean something, from 1 to `bits_allocated`.
        high_bit: Number of the highest of them, from 0.
        signed: Whether they are a two's complement.
        frames: Number of frames.
    """

    transfer_syntax: UID
    photometric: str
    rows: int
    columns: int
    samples: int
    planar: bool
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    frames: int

    @property
    def is_native(self) -> bool:
        """Whether pixels are stored without compression."""
        return self.transfer_syntax in NATIVE

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame, without padding."""
        halved = self.is_native and self.photometric == "YBR_FULL_422"
        samples = 2 if halved else self.samples
        return self.rows * self.columns * samples * self.bits_allocated // 8


def read_pixel_header(file: DicomFile) -> PixelHeader:
    """Reads and checks what the header says about the pixels.

    Raises:
        ImageRefusedError: If it is incomplete, contradicts itself, or describes pixels that cannot be decoded here.
    """
    attributes = FrameAttributes(file.dataset)
    if all(attributes.value(keyword) is None for keyword in ("Rows", "Columns", "PhotometricInterpretation")):
        raise without_pixels(file.kind, attributes.value("SOPClassUID"), is_cut_short=file.is_cut_short)
    if file.is_cut_short:
        raise damaged("it is cut short")
    _refuse_unknown_syntax(file.transfer_syntax)
    rows, columns = attributes.integer("Rows"), attributes.integer("Columns")
    refuse_extreme_size(width=columns, height=rows)
    photometric = _photometric(attributes)
    header = PixelHeader(
        transfer_syntax=file.transfer_syntax,
        photometric=photometric,
        rows=rows,
        columns=columns,
        samples=attributes.integer("SamplesPerPixel"),
        planar=_samples_of_color(attributes, photometric) and attributes.integer("PlanarConfiguration", default=0) == 1,
        bits_allocated=attributes.integer("BitsAllocated"),
        bits_stored=attributes.integer("BitsStored"),
        high_bit=attributes.integer("HighBit", default=attributes.integer("BitsStored") - 1),
        signed=attributes.integer("PixelRepresentation") == 1,
        frames=attributes.integer("NumberOfFrames", default=1),
    )
    _refuse_contradictions(header, attributes)
    _refuse_more_frames_than_fit(file, header)
    return header


def _refuse_unknown_syntax(syntax: UID) -> None:
    if syntax not in NATIVE | JPEG | JPEG_2000 | {RLELossless}:
        raise unsupported(
            f"The DICOM file has the transfer syntax {syntax.name}, which is not decoded here; send it uncompressed."
        )


def _photometric(attributes: FrameAttributes) -> str:
    value = attributes.value("PhotometricInterpretation")
    if value is None:
        raise damaged("PhotometricInterpretation is missing")
    photometric = str(value).strip().upper()
    if photometric not in _SAMPLES:
        came = photometric if photometric in _RETIRED else "unknown"
        raise unsupported(
            f"The DICOM file has the photometric interpretation {came}; send one of {', '.join(sorted(_SAMPLES))}."
        )
    return photometric


def _samples_of_color(attributes: FrameAttributes, photometric: str) -> bool:
    """Whether a pixel has three samples, as its photometric interpretation says; refuses another number."""
    samples, expected = attributes.integer("SamplesPerPixel"), _SAMPLES[photometric]
    if samples != expected:
        raise damaged(f"it has {samples} samples per pixel where {photometric} has {expected}")
    return samples == 3


def _refuse_contradictions(header: PixelHeader, attributes: FrameAttributes) -> None:
    if header.bits_allocated not in (8, 16):
        raise unsupported(f"The DICOM file has {header.bits_allocated} bits per sample; send one with 8 or 16.")
    if not 1 <= header.bits_stored <= header.bits_allocated:
        raise damaged(f"it stores {header.bits_stored} bits in {header.bits_allocated}")
    if not header.bits_stored - 1 <= header.high_bit < header.bits_allocated:
        raise damaged(f"the highest of its {header.bits_stored} stored bits is number {header.high_bit}")
    if attributes.integer("PixelRepresentation") not in (0, 1):
        raise damaged("PixelRepresentation is neither 0 nor 1")
    if header.samples == 3 and attributes.integer("PlanarConfiguration", default=0) not in (0, 1):
        raise damaged("PlanarConfiguration is neither 0 nor 1")
    if header.frames < 1:
        raise damaged("it has no frames")
    if header.photometric not in GRAY and header.signed and header.samples == 3:
        raise damaged("its colors are signed")
    if header.photometric.startswith("YBR") and header.bits_allocated != 8:
        raise unsupported(f"The DICOM file has {header.photometric} of more than 8 bits; send it as RGB.")
    if header.photometric in ("YBR_ICT", "YBR_RCT") and header.transfer_syntax not in JPEG_2000:
        raise damaged(f"{header.photometric} exists in JPEG 2000 alone")
    if header.photometric == "YBR_FULL_422" and (header.columns % 2 or header.planar) and header.is_native:
        raise damaged("YBR_FULL_422 needs an even width and samples by pixel")
    # Colors laid over gray by a second table (PS3.3, C.8.16.2.1.1.1): neither the gray nor the colors are the image.
    if header.photometric in GRAY and attributes.value("PixelPresentation") is not None:
        attributes.code("PixelPresentation", ("MONOCHROME",))


def _refuse_more_frames_than_fit(file: DicomFile, header: PixelHeader) -> None:
    """Refuses a number of frames that the file is too short for, before anything is done for each of them."""
    smallest = header.frame_bytes if header.is_native else _SMALLEST_COMPRESSED_FRAME
    # A single frame that is cut short is told apart later, with what is there of it.
    if header.frames > max(1, min(file.size // smallest, MAXIMUM_FRAMES)):
        raise damaged(f"it is too short for the {header.frames} frames that it says it has, or they are too many")

"""Lookup tables in DICOM files: modality, VOI and palette tables have one form."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.multival import MultiValue

from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.dataset import damaged, unsupported
from medimage.serving.dicom.header import PixelHeader


@dataclass(frozen=True)
class LookupTable:
    """A table from input values to output values (PS3.3, C.11.1.1.1, C.11.2.1.1 and C.7.6.3.1.5).

    Attributes:
        first: Input value of the first entry. Lower ones get the first entry, those beyond the last get the last.
        entries: Output values, float64, from 0 to `2 ** bits - 1`.
        bits: Bits of an entry, 8 to 16.
    """

    first: int
    entries: NDArray[np.float64]
    bits: int

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Looks values up; those between two whole numbers get the entry of the nearer, halves that of the upper."""
        index = np.floor(values + 0.5) - self.first
        return self.entries[np.clip(index, 0, len(self.entries) - 1).astype(np.int64)]

    @property
    def highest(self) -> int:
        """The largest value that an entry can have."""
        return (1 << self.bits) - 1


def read_lookup_table(
    attributes: FrameAttributes, *, descriptor: str, data: str, signed_input: bool, little_endian: bool
) -> LookupTable:
    """Reads a lookup table.

    Args:
        attributes: Where it stands.
        descriptor: Keyword of the attribute with the number of entries, the first input value and the bits.
        data: Keyword of the attribute with the entries.
        signed_input: Whether input values can be negative: then the first one is a two's complement.
        little_endian: Byte order of entries that come as bytes.

    Raises:
        ImageRefusedError: If the table is incomplete or contradicts its descriptor.
    """
    length, first, bits = _descriptor(attributes.value(descriptor), descriptor)
    if signed_input and first >= 1 << 15:
        first -= 1 << 16
    entries = _entries(attributes.value(data), length, bits, little_endian=little_endian)
    if entries is None:
        raise damaged(f"{data} does not have the {length} entries of {bits} bits that its descriptor says")
    return LookupTable(first, entries.astype(np.float64), bits)


def read_palette(attributes: FrameAttributes, header: PixelHeader) -> tuple[LookupTable, LookupTable, LookupTable]:
    """Reads the tables of red, green and blue (PS3.3, C.7.6.3.1.5 and 6).

    Raises:
        ImageRefusedError: If one is incomplete or contradicts its descriptor, or if they are segmented.
    """
    if attributes.value("SegmentedRedPaletteColorLookupTableData") is not None:
        raise unsupported("The DICOM file has a segmented palette; send it with a plain palette, or as RGB.")

    def table(color: str) -> LookupTable:
        return read_lookup_table(
            attributes,
            descriptor=f"{color}PaletteColorLookupTableDescriptor",
            data=f"{color}PaletteColorLookupTableData",
            signed_input=header.signed,
            little_endian=header.transfer_syntax.is_little_endian,
        )

    return table("Red"), table("Green"), table("Blue")


def _descriptor(value: Any, keyword: str) -> tuple[int, int, int]:
    # Which of two representations the file gives depends on its pixels, hence the remainders.
    if not isinstance(value, MultiValue | list) or len(value) != 3 or not all(isinstance(part, int) for part in value):
        raise damaged(f"{keyword} is not three whole numbers")
    length, first, bits = (int(part) for part in value)
    if not 8 <= bits <= 16:
        raise damaged(f"{keyword} says {bits} bits per entry where 8 to 16 are possible")
    return length % (1 << 16) or 1 << 16, first % (1 << 16), bits


def _entries(value: Any, length: int, bits: int, *, little_endian: bool) -> NDArray[Any] | None:
    """Returns the entries, or None where there are not as many, or larger ones than their bits allow."""
    if isinstance(value, bytes):
        if bits == 8 and len(value) == length + length % 2:
            entries = np.frombuffer(value, dtype=np.uint8)[:length]
            # In words, the first of two entries is in the lower byte (PS3.3, C.7.6.3.1.6).
            if not little_endian:
                entries = np.frombuffer(value, dtype=np.uint16).byteswap().view(np.uint8)[:length]
        else:
            entries = np.frombuffer(value[: 2 * length], dtype="<u2" if little_endian else ">u2")
            entries = entries if len(value) == 2 * length else entries[:0]
    else:
        numbers = [value] if isinstance(value, int) else list(value or ())
        entries = np.array([number % (1 << 16) for number in numbers], dtype=np.uint16)
    return entries if len(entries) == length and int(entries.max()) < 1 << bits else None

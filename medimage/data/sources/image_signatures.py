"""How a file begins that is an image, whatever its name says."""

from pathlib import Path

from medimage.data.sources.file_reading import why_no_file
from medimage.serving.dicom.signature import SIGNATURE_END, is_dicom

_BEGINNINGS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
)
"""PNG, JPEG, GIF, TIFF and BigTIFF in both orders of bytes, JPEG 2000 in a box and bare."""

_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1")
"""Kinds of AVIF and HEIF (ISO/IEC 23008-12, 10.2), behind the size of the first box and `ftyp`."""


def is_image_inside(path: Path) -> bool:
    """Returns whether a file begins as an image does; no where it cannot be read, since nothing says that it is one."""
    if why_no_file(path) is not None:
        return False
    try:
        with path.open("rb") as file:
            start = file.read(SIGNATURE_END)
    except OSError:
        # A lock that an editor leaves is a link to nothing; what is named as an image is told by who reads it.
        return False
    return (
        start.startswith(_BEGINNINGS)
        or (start[4:8] == b"ftyp" and start[8:12] in _BRANDS)
        or (start.startswith(b"RIFF") and start[8:12] == b"WEBP")
        or is_dicom(start)
    )

"""How a DICOM file is told from others, without the library that reads it."""

PREAMBLE_BYTES = 128
SIGNATURE = b"DICM"
SIGNATURE_END = PREAMBLE_BYTES + len(SIGNATURE)
"""So many bytes of a file tell whether it is a DICOM file."""


def is_dicom(data: bytes) -> bool:
    """Returns whether a file has the signature of a DICOM file: `DICM` after 128 bytes (PS3.10, 7.1)."""
    return data[PREAMBLE_BYTES:SIGNATURE_END] == SIGNATURE

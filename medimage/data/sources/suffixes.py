"""What the end of a file's name says that it holds. Whether it does, reading it finds out."""

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".tif", ".tiff", ".webp"})
"""What is taken for an image by its name. Whether it is one, the audit finds out and says."""

_DICOM_SUFFIXES = (".dcm", ".dicom")


def dicom_suffix(name: str) -> str:
    """Returns the suffix by which a name is that of a DICOM file, as written; empty where it has none."""
    return next((name[-len(suffix) :] for suffix in _DICOM_SUFFIXES if name.lower().endswith(suffix)), "")

"""What the end of a file's name says that it holds. Whether it does, reading it finds out."""

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".bmp", ".dib", ".tif", ".tiff", ".webp"}
)
"""What is taken for an image by its name. Whether it is one, the audit finds out and says."""

_DICOM_SUFFIXES = (".dcm", ".dicom")

_OTHER_IMAGE_SUFFIXES = (
    *(".gif", ".jp2", ".j2k", ".j2c", ".jpx", ".jpf", ".jls", ".jxl", ".jxr", ".apng", ".avif", ".heic", ".heif"),
    *(".pgm", ".ppm", ".pnm", ".tga", ".psd", ".dng", ".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".svs", ".ndpi"),
)
"""Images in formats of the web, of cameras and of research and microscopy, none of which is decoded."""

ALL_IMAGE_SUFFIXES = (*sorted(IMAGE_SUFFIXES), *_DICOM_SUFFIXES, *_OTHER_IMAGE_SUFFIXES)
"""Every suffix by which a name is that of an image, read or not."""

_ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
"""Archives that can be unpacked where they are the source itself."""

_OTHER_ARCHIVE_SUFFIXES = (".7z", ".rar")


def archive_suffix(name: str) -> str:
    """Returns the suffix by which a name is that of an archive; empty where it has none."""
    return _suffix(name, (*_ARCHIVE_SUFFIXES, *_OTHER_ARCHIVE_SUFFIXES)).lower()


def is_read_archive(name: str) -> bool:
    """Returns whether a name is that of an archive of a kind that can be a source."""
    return bool(_suffix(name, _ARCHIVE_SUFFIXES))


def dicom_suffix(name: str) -> str:
    """Returns the suffix by which a name is that of a DICOM file, as written; empty where it has none."""
    return _suffix(name, _DICOM_SUFFIXES)


def unread_suffix(name: str) -> str:
    """Returns the suffix by which a name is that of an image that only another source reads, or none; else empty."""
    return _suffix(name, (*_DICOM_SUFFIXES, *_OTHER_IMAGE_SUFFIXES)).lower()


def _suffix(name: str, suffixes: tuple[str, ...]) -> str:
    return next((name[-len(suffix) :] for suffix in suffixes if name.lower().endswith(suffix)), "")

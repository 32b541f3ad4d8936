"""Values of a DICOM header as text."""

from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from medimage.config.dicom import private_tag
from medimage.serving.dicom.dataset import damaged


def text_of(dataset: Dataset, tag: str) -> str:
    """Returns a value without padding, several with backslashes between them; empty where there is none.

    Args:
        dataset: The header.
        tag: Keyword, or a private tag such as `(0011,1001)`.

    Raises:
        ImageRefusedError: If the element is damaged.
    """
    private = private_tag(tag)
    key: BaseTag | str = Tag(*private) if private is not None else tag
    try:
        element: Any = dataset.get(key)
        value = element.value if private is not None and element is not None else element
    except Exception as error:
        # pydicom converts a value when it is asked for, and on a damaged one raises almost any exception. A patient
        # who cannot be read must not become a file without a patient: the split would leak.
        raise damaged("one of its elements cannot be read") from error
    if isinstance(value, MultiValue):
        value = "\\".join(str(part) for part in value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value).replace("\0", "").strip()

"""What a DICOM header says of the subgroup that an image belongs to."""

from pydicom.dataset import Dataset

from medimage.config.metadata import PSEUDONYMISED
from medimage.data.sources.dicom.pseudonym import pseudonym
from medimage.data.sources.dicom.values import text_of
from medimage.serving.refusal import ImageRefusedError


def metadata_of(dataset: Dataset, element: str, *, salt: bytes) -> str:
    """Returns the value of an element as it may be stored: a pseudonym where it would name a place.

    Args:
        dataset: The header.
        element: Keyword, one of those that `medimage.config.metadata` lets through.
        salt: The secret that goes into pseudonyms.

    Returns:
        Empty where the element is absent, or damaged: an image is not lost for what is said about it.
    """
    try:
        value = text_of(dataset, element)
    except ImageRefusedError:
        return ""
    kind = PSEUDONYMISED.get(element)
    if kind is None or not value:
        return value
    return pseudonym(kind, value.casefold(), salt=salt)

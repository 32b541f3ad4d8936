"""Which kinds of DICOM objects are images: without pixels, such a file is what is left of one."""

from pydicom.uid import (
    UID,
    CornealTopographyMapStorage,
    EnhancedUSVolumeStorage,
    OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage,
    OphthalmicThicknessMapStorage,
    ParametricMapStorage,
    SegmentationStorage,
)

from medimage.serving.dicom.dataset import damaged
from medimage.serving.refusal import ImageRefusedError, RefusalReason

_OTHER_IMAGES = frozenset(
    {
        SegmentationStorage,
        ParametricMapStorage,
        EnhancedUSVolumeStorage,
        OphthalmicThicknessMapStorage,
        CornealTopographyMapStorage,
        OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage,
    }
)
"""Kinds that must have pixels (PS3.3, A.1.4) and are not called images. A dose may go without."""


def without_pixels(*kinds: object, is_cut_short: bool) -> ImageRefusedError:
    """Returns the refusal of a file that says nothing about pixels.

    A report of which the end is missing is no image still. Of a kind that is not in the standard nobody knows.

    Args:
        *kinds: What the file says that it holds, in its several places; anything but a UID says nothing.
        is_cut_short: Whether the file ends within an element.
    """
    named = [kind for kind in kinds if isinstance(kind, UID) and kind]
    is_image = any("Image Storage" in kind.name or kind in _OTHER_IMAGES for kind in named)
    is_standard = any(kind.name != str(kind) for kind in named)
    if is_cut_short and (is_image or not is_standard):
        return damaged("it is cut short")
    if is_image:
        return damaged("it should hold an image, but says nothing about its pixels")
    if not named:
        return damaged("it says neither what it holds nor what its pixels are")
    return ImageRefusedError(RefusalReason.NOT_AN_IMAGE, "The DICOM file holds no image.")

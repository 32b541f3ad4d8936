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


def without_pixels(*kinds: object) -> ImageRefusedError:
    """Returns the refusal of a file that says nothing about pixels.

    Args:
        *kinds: What the file says that it holds, in its several places; anything but a UID says nothing.
    """
    named = [kind for kind in kinds if isinstance(kind, UID) and kind]
    if not named:
        return damaged("it says neither what it holds nor what its pixels are")
    if any("Image Storage" in kind.name or kind in _OTHER_IMAGES for kind in named):
        return damaged("it should hold an image, but says nothing about its pixels")
    return ImageRefusedError(RefusalReason.NOT_AN_IMAGE, "The DICOM file holds no image.")

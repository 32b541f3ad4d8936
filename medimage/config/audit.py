"""When data are too poor, too similar or too unequal to train on."""

from typing import Annotated

from pydantic import Field

from medimage.config.expectations import ExpectationsConfig
from medimage.config.section import Section


class AuditConfig(Section):
    """When the data are too poor, too similar or too unequal to train on."""

    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)] = 0.97
    """Correlation of two foreground crops from which they count as near-duplicates, or of two whole images that show
    the same thing. In float32: 1 - 1e-6 counts as 1. Copies are found that are compressed again, of another size,
    brightness or contrast, mirrored, turned by 90, 180 or 270 degrees, framed, or cut by about 1 % at each side. Not
    found are negatives, copies turned by other angles (10 degrees), and parts of an image (15 % cut off each side)."""

    group_duplicates: bool = True
    """Keep exact and near-duplicates on one side of every split."""

    minimum_images_per_class: Annotated[int, Field(ge=1)] = 10
    """Fewer usable images of a class stop the run."""

    maximum_quarantined_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """A larger share of unusable images stops the run."""

    maximum_aspect_ratio: Annotated[float, Field(ge=1)] = 5.0
    """An image whose longer side is more than so many times the shorter one is quarantined: scans of a whole spine
    stay below 4, and what is longer is a strip or a banner."""

    maximum_cluster_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    """A larger share of the images in one cluster of near-duplicates is a finding: chains of similar images may have
    joined what does not belong together."""

    maximum_patient_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    """A larger share of the images of a class from one patient, lesion or study is a finding: all of them are on one
    side of the split. Default: a patient with a fifth of a class is larger than its share of the usual test part."""

    expectations: ExpectationsConfig = ExpectationsConfig()

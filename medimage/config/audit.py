"""When data are too poor, too similar or too unequal to train on."""

from typing import Annotated

from pydantic import Field

from medimage.config.section import Section


class AuditConfig(Section):
    """When the data are too poor, too similar or too unequal to train on."""

    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)] = 0.97
    """Correlation of two foreground crops from which they count as near-duplicates."""

    group_duplicates: bool = True
    """Keep exact and near-duplicates on one side of every split."""

    minimum_images_per_class: Annotated[int, Field(ge=1)] = 10
    """Fewer usable images of a class stop the run."""

    maximum_quarantined_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """A larger share of unusable images stops the run."""

"""Step: put new images among the configured ones, around the locked test set."""

import logging
from typing import Annotated

from zenml import log_metadata, step

from materializers.image_table import ImageTableMaterializer
from materializers.new_images import NewImagesMaterializer
from medimage.config.audit import AuditConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.retraining.merge import merge_new_images
from medimage.retraining.new_image import NewImages
from medimage.serving.color_mode import ColorMode
from steps.code_files import cache_on_code
from steps.locked_test_sets import require_test_set

logger = logging.getLogger(__name__)


@step(
    output_materializers={"images": ImageTableMaterializer, "new": NewImagesMaterializer},
    cache_policy=cache_on_code(__name__),
)
def merge_new_data(
    images: ImageTable,
    audit: DataAudit,
    new_images: ImageTable,
    config: AuditConfig,
    color_mode: ColorMode,
    split: SplitConfig,
    source: str,
    locked: str,
    libraries: dict[str, str],
) -> tuple[Annotated[ImageTable, "images"], Annotated[NewImages, "new"]]:
    """Takes in every new image that may be trained on.

    Args:
        images: The configured images.
        audit: Their audit.
        new_images: The new ones.
        config: Thresholds of the audit.
        color_mode: How images will be decoded.
        split: The name of the test set.
        source: Which data it is, to find their locked test set.
        locked: Hash of that test set: with another one, other images are left out.
        libraries: Versions of what compares images.
    """
    log_metadata({"locked": locked, "libraries": libraries})
    merged = merge_new_images(
        images,
        audit,
        new_images,
        locked=require_test_set(audit, split, source=source),
        config=config,
        color_mode=color_mode,
    )
    for sentence in merged.new.sentences():
        logger.info("%s", sentence)
    return merged.images, merged.new

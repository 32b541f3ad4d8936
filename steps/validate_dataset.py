"""Step: audit every image and the record table."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.data_audit import DataAuditMaterializer
from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.serving.color_mode import ColorMode
from steps.code_files import cache_on_code


@step(output_materializers={"audit": DataAuditMaterializer}, cache_policy=cache_on_code(__name__))
def validate_dataset(
    images: ImageTable, audit: AuditConfig, color_mode: ColorMode, decoders: dict[str, str], libraries: dict[str, str]
) -> Annotated[DataAudit, "audit"]:
    """Audits the images. The result is stored in any case; the next step stops where it cannot be trusted.

    Args:
        images: The images.
        audit: Thresholds of the audit.
        color_mode: How images will be decoded.
        decoders: Versions of what decodes them: where one was missing, its files must not stay in quarantine.
        libraries: Versions of what computes and expects: another may find something else.
    """
    log_metadata({"decoders": decoders, "libraries": libraries})
    return audit_images(images, audit, color_mode=color_mode)

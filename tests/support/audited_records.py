"""Audits of a few drawn records, and what is to be read from them."""

import numpy as np

from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from tests.support.images import encode, textured


def record(name: str, pixels: np.ndarray | bytes, label: str = "a", group: str = "") -> ImageRecord:
    """Returns a record of an image, or of bytes that may be none."""
    encoded = pixels if isinstance(pixels, bytes) else encode(pixels)
    return ImageRecord(name=name, encoded=encoded, label=label, group=group)


def audit(extra: list[ImageRecord], *, plain: int = 12, **settings: object) -> DataAudit:
    """Audits `extra` beside enough sound images of the classes a and b."""
    sound = [
        record(f"{label}/{number:03d}.png", textured(1000 * index + number + 500), label, f"patient {label}{number}")
        for index, label in enumerate("ab")
        for number in range(plain)
    ]
    table = ImageTable.write([*sound, *extra], classes=("a", "b"))
    return audit_images(table, AuditConfig.model_validate(settings), color_mode="gray")


def reason(found: DataAudit, name: str) -> str:
    """Returns why a file was quarantined; empty where it was not."""
    return str(found.images.set_index("name").loc[name, "reason"])


def findings(found: DataAudit) -> dict[str, str]:
    """Returns the message of each finding by its name."""
    return {finding.name: finding.message for finding in found.findings}


def given(name: str, pixels: np.ndarray, part: str, group: str = "", label: str = "a") -> ImageRecord:
    """Returns a record of an image that its source puts into a part of the split."""
    return ImageRecord(name=name, encoded=encode(pixels), label=label, group=group, given_split=part)

"""A small audit with everything in it that an audit can find."""

import numpy as np

from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from tests.support.images import encode, textured

EVIL = "<script>alert(1)</script>\"'&.png"
LONG = "very-long-name-" * 30 + ".png"


def audited() -> tuple[DataAudit, ImageTable]:
    """Returns an audit with copies, near-duplicates under two classes, a crossed given split, and bad files."""
    shown = textured(500, size=96)
    records = [
        ImageRecord(
            name=f"{label}/{number}.png",
            encoded=encode(textured(1000 * index + number)),
            label=label,
            group=f"p{index}-{number // 3}",
            given_split="test" if number % 4 == 0 else "train",
        )
        for index, label in enumerate("ab")
        for number in range(18)
    ]
    records += [
        ImageRecord(name=f"a/{EVIL}", encoded=encode(shown), label="a", given_split="train"),
        ImageRecord(name=f"b/{LONG}", encoded=encode((shown * 0.9).astype(np.uint8)), label="b", given_split="test"),
        ImageRecord(name="a/copy 漢字.png", encoded=encode(shown), label="a", given_split="test"),
        ImageRecord(name="a/blank.png", encoded=encode(np.full((48, 48), 7, np.uint8)), label="a"),
    ]
    records += [ImageRecord(name=f"a/{number}.bad", encoded=b"no %d" % number, label="a") for number in range(50)]
    table = ImageTable.write(records, classes=("a", "b"), skipped_files=((f"{EVIL}.txt", "hidden: a hidden file"),))
    config = AuditConfig(maximum_quarantined_share=1.0)
    return audit_images(table, config, color_mode="gray"), table

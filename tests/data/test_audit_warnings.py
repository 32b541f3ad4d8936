from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from tests.support.images import encode, textured


def audited(encoded: list[bytes]) -> DataAudit:
    records = [ImageRecord(name=f"{i}.jpg", encoded=data, label="ab"[i % 2]) for i, data in enumerate(encoded)]
    table = ImageTable.write(records, classes=("a", "b"), files_found=len(records))
    return audit_images(table, AuditConfig(maximum_quarantined_share=0.9), color_mode="gray")


def test_images_that_the_decoder_warns_of_are_used_counted_and_named() -> None:
    whole = [encode(textured(seed), "JPEG") for seed in range(8)]
    odd = [data[:-2] + bytes(64) + data[-2:] if number < 5 else data for number, data in enumerate(whole)]
    audit = audited(odd)
    assert len(audit.usable) == 8
    (finding,) = [finding for finding in audit.findings if finding.name == "decoder_warnings"]
    assert not finding.critical
    assert finding.message.startswith("5 of 8 images are used though the decoder warns")
    assert finding.message.endswith("and 2 more")
    assert "0.jpg (Corrupt JPEG data: " in finding.message
    assert "decoder_warnings" not in {finding.name for finding in audited(whole).findings}


def test_images_that_lack_their_lower_half_are_quarantined_and_count_as_unusable() -> None:
    whole = [encode(textured(seed), "JPEG") for seed in range(8)]
    ruined = [data[: len(data) * 3 // 5] + b"\xff\xd9" if number % 2 else data for number, data in enumerate(whole)]
    audit = audited(ruined)
    assert audit.usable["name"].tolist() == ["0.jpg", "2.jpg", "4.jpg", "6.jpg"]
    assert any(finding.message.startswith("4 of 8 files cannot be used") for finding in audit.findings)

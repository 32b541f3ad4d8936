import numpy as np
import pytest

from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.sources.skipped import cannot_be_used, not_read
from medimage.errors import DataError
from tests.support.audited_records import audit, findings, reason, record
from tests.support.images import encode, smooth, textured


def test_sound_images_raise_no_finding() -> None:
    found = audit([])
    assert (len(found.usable), len(found.quarantine), found.findings) == (24, 0, ())
    found.require_trust()


def test_every_file_is_either_usable_or_quarantined_with_a_reason() -> None:
    found = audit([record("x/bad.png", b"nothing"), record("x/blank.png", np.full((48, 48), 7, np.uint8))])
    assert len(found.usable) + len(found.quarantine) == 26
    assert reason(found, "x/bad.png").startswith("not an image")
    assert reason(found, "x/blank.png").startswith("blank")


def test_a_truncated_image_is_quarantined_and_the_run_goes_on() -> None:
    found = audit([record("x/half.png", encode(textured(7))[:-40])])
    assert reason(found, "x/half.png").startswith("damaged")
    found.require_trust()


def test_too_many_unreadable_images_stop_the_run() -> None:
    found = audit([record(f"x/{number}.png", b"no %d" % number) for number in range(12)])
    with pytest.raises(DataError, match="12 of 36 files cannot be used"):
        found.require_trust()


def audit_beside(skipped: list[tuple[str, str]], **settings: object) -> DataAudit:
    """Audits sound images of which the source skipped others."""
    records = [record(f"{number}.png", textured(number), "ab"[number % 2], f"p{number}") for number in range(24)]
    table = ImageTable.write(records, classes=("a", "b"), skipped_files=tuple(skipped))
    return audit_images(table, AuditConfig.model_validate(settings), color_mode="gray")


def test_images_that_the_source_refused_count_as_unusable() -> None:
    refused = [(f"{number}.dcm", cannot_be_used("it holds 3 frames")) for number in range(6)]
    with pytest.raises(DataError, match=r"6 of 30 files cannot be used, such as 0\.dcm \(.* 3 frames\)"):
        audit_beside(refused, maximum_quarantined_share=0.19).require_trust()
    found = audit_beside(refused)
    found.require_trust()
    assert [(finding.name, finding.critical) for finding in found.findings] == [("unusable_images", False)]


def test_images_that_are_not_read_stop_the_run_and_are_told_by_suffix_and_class() -> None:
    skipped = [(f"{'train/' * (number % 2)}a/p{number}/x.gif", not_read("x")) for number in range(8)]
    skipped += [("b/scan", not_read("x")), ("y.JP2", not_read("x")), ("a/notes.gif", cannot_be_used("something else"))]
    found = audit_beside(skipped)
    with pytest.raises(DataError, match="11 of 35 files cannot be used"):
        found.require_trust()
    assert "archives_not_unpacked" not in findings(found)
    assert findings(found)["images_not_read"] == (
        "10 files are images that are not read: 8 .gif in a, 1 .jp2 in no folder and 1 without a suffix in b"
    )


def test_archives_among_the_files_are_told_as_they_may_hold_images() -> None:
    skipped = [
        ("a/more.zip", "an archive, which is not unpacked (.zip)"),
        ("notes.txt", "not an image by its name (.txt)"),
    ]
    assert findings(audit_beside(skipped)) == {
        "archives_not_unpacked": "1 file is an archive that is not unpacked, such as a/more.zip: unpack by hand what "
        "belongs to the data"
    }


def test_what_a_setting_leaves_out_is_told_with_its_number_and_is_not_unusable() -> None:
    skipped = [(f"{number}.png", f"left out by its label ({'cd'[number % 2]})") for number in range(40)]
    skipped += [("x.png", "no row in t.csv"), ("y", "in the table, but not there: line 7 of t.csv")]
    skipped += [("z.png", "beyond the 2 images that data.images_per_class keeps of each class")]
    skipped += [(".hidden", "hidden file"), ("notes.txt", "not an image by its name (.txt)")]
    found = audit_beside(skipped)
    found.require_trust()
    (only,) = found.findings
    assert (only.name, only.critical) == ("left_on_purpose", False)
    assert only.message == (
        "43 files or rows are skipped as the settings say: beyond the 2 images that data.images_per_class keeps of "
        "each class 1, in the table, but not there 1, left out by its label 40, no row in t.csv 1"
    )
    assert next(iter(found.summary()["skipped_by_reason"].items())) == ("left out by its label", 40)
    assert sum(found.summary()["skipped_by_reason"].values()) == found.summary()["skipped"] == 45


def test_what_is_accepted_and_remarkable_is_told_with_an_example() -> None:
    as_colour = np.dstack([textured(1)] * 3)
    extra = [record("x/1.png", as_colour, group="p"), record("x/2.png", smooth(48, 48), group="q")]
    found = findings(audit(extra))
    assert found["mixed_modes"] == "the files are of several pixel types: L 24, RGB 2"
    assert found["colour_images"].startswith("1 of 26 images show colours")
    assert found["colour_images"].endswith("such as x/2.png")


def test_size_and_mode_are_recorded_for_every_file() -> None:
    images = audit([record("x/1.png", smooth(30, 50)), record("x/2.png", b"nothing")]).images
    found = images[images["name"].str.startswith("x/")].to_dict("list")
    assert (found["width"], found["height"], found["mode"]) == ([50, 0], [30, 0], ["RGB", ""])
    assert np.isnan(found["mean_intensity"]).tolist() == [False, True]


def test_a_file_that_gets_lost_between_listing_and_audit_ends_the_run() -> None:
    records = [record(f"{number}.png", textured(number), "ab"[number % 2]) for number in range(4)]
    table = ImageTable.write(records, classes=("a", "b"), skipped_files=(("notes.txt", "no image"),), files_found=6)
    with pytest.raises(ValueError, match=r"6 files that the source found .* 4 audited and 1 skipped"):
        audit_images(table, AuditConfig(), color_mode="gray")


def test_too_few_images_of_a_class_stop_the_run() -> None:
    with pytest.raises(DataError, match="class a has 4 usable images"):
        audit([], plain=4).require_trust()


def test_too_few_images_are_told_once_for_each_class_and_by_the_usable_ones() -> None:
    found = audit([record(f"a/copy{number}.png", textured(500), "a") for number in range(8)], plain=4)
    with pytest.raises(DataError) as caught:
        found.require_trust()
    assert str(caught.value).count("usable images") == 2
    unmet = [expectation.rule for expectation in found.expectations if expectation.critical and not expectation.success]
    assert unmet == ["enough_images"]
    assert not [finding for finding in found.findings if finding.critical]


def test_what_a_source_did_on_its_own_is_a_finding() -> None:
    records = [record(f"{number}.png", textured(number), "ab"[number % 2]) for number in range(24)]
    table = ImageTable.write(records, classes=("a", "b"), notes=("Two labels are one.",))
    first, *_ = audit_images(table, AuditConfig(), color_mode="gray").findings
    assert (first.message, first.critical) == ("Two labels are one", False)

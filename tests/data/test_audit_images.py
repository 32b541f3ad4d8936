from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimage.config.audit import AuditConfig
from medimage.config.data import DataConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from medimage.data.sources.skipped import cannot_be_used, not_read
from medimage.errors import DataError
from tests.support.images import encode, smooth, textured


def record(name: str, pixels: np.ndarray | bytes, label: str = "a", group: str = "") -> ImageRecord:
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
    return str(found.images.set_index("name").loc[name, "reason"])


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
    assert findings(found)["images_not_read"] == (
        "10 files are images that are not read: 8 .gif in a, 1 .jp2 in no folder and 1 without a suffix in b"
    )


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


def test_exact_duplicates_are_kept_once_and_pass_on_what_is_known_of_the_patient() -> None:
    same = textured(3)
    found = audit([record("x/1.png", same), record("x/2.png", same, group="patient 9")])
    assert reason(found, "x/2.png") == "exact duplicate: of x/1.png"
    assert found.usable.set_index("name").loc["x/1.png", "group"] == "patient 9"


def test_an_image_under_two_patients_joins_them() -> None:
    same = textured(3)
    found = audit(
        [
            record("x/1.png", same, group="p"),
            record("x/2.png", same, group="q"),
            record("x/3.png", textured(4), group="p"),
            record("x/4.png", textured(5), group="q"),
        ]
    )
    images = found.images.set_index("name")
    assert images.loc[["x/1.png", "x/2.png", "x/3.png", "x/4.png"], "group"].nunique() == 1
    assert images.loc[["x/1.png", "x/2.png", "x/3.png", "x/4.png"], "patient"].tolist() == ["p", "q", "p", "q"]


def test_an_image_under_two_classes_still_joins_its_patients() -> None:
    same = textured(3)
    extra = [
        record("x/1.png", same, "a", group="p"),
        record("x/2.png", same, "b", group="q"),
        record("x/3.png", textured(4), group="p"),
        record("x/4.png", textured(5), group="q"),
    ]
    groups = audit(extra).usable.set_index("name")["group"]
    assert groups["x/3.png"] == groups["x/4.png"]


def test_unreadable_files_join_nobody() -> None:
    blank = np.full((48, 48), 7, np.uint8)
    extra = [record("x/1.png", blank, group="p"), record("x/2.png", blank, group="q")]
    extra += [record("x/3.png", textured(4), group="p"), record("x/4.png", textured(5), group="q")]
    groups = audit(extra).usable.set_index("name")["group"]
    assert (groups["x/3.png"], groups["x/4.png"]) == ("p", "q")


def test_one_image_under_two_classes_is_used_for_neither() -> None:
    same = textured(3)
    found = audit([record("x/1.png", same, "a"), record("x/2.png", same, "b")])
    assert reason(found, "x/1.png") == reason(found, "x/2.png") == "contradicting labels: the same image is under a, b"


def test_near_duplicates_become_one_group() -> None:
    image = Image.fromarray(textured(3, size=96))
    brighter = np.clip(np.asarray(image).astype(int) + 15, 0, 255).astype(np.uint8)
    copies = [
        record("x/original.png", np.asarray(image)),
        record("x/smaller.png", np.asarray(image.resize((64, 64), Image.Resampling.LANCZOS))),
        record("x/brighter.png", brighter),
    ]
    groups = audit(copies).usable.set_index("name")["group"]
    assert groups["x/original.png"] == groups["x/smaller.png"] == groups["x/brighter.png"]
    assert groups.nunique() == 25


def test_near_duplicates_are_found_behind_a_black_border() -> None:
    image = textured(3, size=64)
    framed = np.zeros((120, 150), np.uint8)
    framed[20:84, 50:114] = image
    groups = audit([record("x/plain.png", image), record("x/framed.png", framed)]).usable.set_index("name")["group"]
    assert groups["x/plain.png"] == groups["x/framed.png"]


def test_grouping_of_duplicates_can_be_switched_off_and_is_still_reported() -> None:
    image = textured(3, size=64)
    copies = [record("x/1.png", image), record("x/2.png", (image * 0.9).astype(np.uint8))]
    found = audit(copies, group_duplicates=False)
    assert found.usable["group"].nunique() == 26
    assert [finding.name for finding in found.findings] == ["near_duplicates", "patients_unknown"]


def test_a_patient_under_two_classes_is_a_finding() -> None:
    found = audit([record("x/1.png", textured(1), "a", "p"), record("x/2.png", textured(2), "b", "p")])
    assert [finding.name for finding in found.findings] == ["group_under_several_classes"]


def findings(found: DataAudit) -> dict[str, str]:
    return {finding.name: finding.message for finding in found.findings}


def given(name: str, pixels: np.ndarray, part: str, group: str = "", label: str = "a") -> ImageRecord:
    return ImageRecord(name=name, encoded=encode(pixels), label=label, group=group, given_split=part)


def test_what_crosses_the_given_split_is_counted_by_its_kind() -> None:
    image, near = textured(3, size=64), (textured(3, size=64) * 0.9).astype(np.uint8)
    extra = [given("x/1.png", textured(1), "train", "p"), given("x/2.png", textured(2), "test", "p")]
    extra += [given("x/3.png", image, "train", "q"), given("x/4.png", near, "test", "q2")]
    extra += [given("x/5.png", textured(5), "train", "r"), given("x/6.png", textured(5), "test", "r")]
    extra += [given("x/7.png", textured(7), "train", "s"), given("x/8.png", textured(8), "train", "s")]
    assert findings(audit(extra))["given_split_leaks"].startswith(
        "the split that comes with the data is crossed by 3 groups (6 images), 1 exact duplicate (2 images) and "
        "1 cluster of near-duplicates (2 images)"
    )
    assert "given_split_leaks" not in findings(audit(extra[-2:]))


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("train", "validation"), ", between train and validation"),
        (("validation", "test"), ", between validation and test"),
        (("test", "train"), ", between train and test: some of what it tests was seen in training"),
    ],
)
def test_what_crosses_the_given_split_is_told_with_the_parts_between_which_it_lies(
    parts: tuple[str, str], told: str
) -> None:
    extra = [given(f"x/{number}.png", textured(number), part, "p") for number, part in enumerate(parts)]
    sound = [given(f"x/s{number}.png", textured(number), "test", f"s{number}") for number in range(2, 5)]
    assert findings(audit(extra + sound))["given_split_leaks"].endswith(f"1 group (2 images){told}")


def test_several_pairs_of_parts_that_share_a_patient_are_all_told() -> None:
    everywhere = [
        given(f"x/{number}.png", textured(number), part, "p")
        for number, part in enumerate(("train", "validation", "test"))
    ]
    assert (
        "between train and validation, train and test and validation and test"
        in (findings(audit(everywhere))["given_split_leaks"])
    )


def test_near_duplicates_with_different_labels_are_named() -> None:
    image = textured(3, size=64)
    extra = [record("x/1.png", image, "a", "p"), record("x/2.png", image[:, ::-1], "b", "q")]
    message = findings(audit(extra))["near_duplicates_with_different_labels"]
    assert "(a and b: 1), such as x/1.png and x/2.png" in message


def test_images_without_a_patient_are_counted() -> None:
    extra = [record("x/1.png", textured(1)), record("x/2.png", textured(2))]
    assert findings(audit(extra))["patients_unknown"].startswith("2 of 26 images have no patient")


def test_a_chain_that_takes_in_many_images_is_told() -> None:
    pixels = [np.clip(textured(3, size=64) * factor, 0, 255).astype(np.uint8) for factor in np.linspace(0.5, 1, 12)]
    extra = [record(f"x/{number}.png", one, "a", f"q{number}") for number, one in enumerate(pixels)]
    message = findings(audit(extra))["large_duplicate_cluster"]
    assert "holds 33.3 % of the images (12, such as" in message


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


@pytest.mark.real_images
def test_real_brain_images_have_the_duplicates_that_are_known_of_them(real_images: Path) -> None:
    config = DataConfig(source="folder", path=real_images / "brain4")
    source = open_source(config, cache=Path("unused"))
    table = ImageTable.write(source.records(), classes=source.classes)
    found = audit_images(table, config.audit, color_mode="gray")
    duplicates = int(table.records["image_id"].duplicated().sum())
    assert duplicates > 0
    assert found.summary()["quarantined"] == {"exact duplicate": duplicates}
    assert found.summary()["near_duplicate_images"] > 100


def test_what_a_source_did_on_its_own_is_a_finding() -> None:
    records = [record(f"{number}.png", textured(number), "ab"[number % 2]) for number in range(24)]
    table = ImageTable.write(records, classes=("a", "b"), notes=("Two labels are one.",))
    first, *_ = audit_images(table, AuditConfig(), color_mode="gray").findings
    assert (first.message, first.critical) == ("Two labels are one", False)

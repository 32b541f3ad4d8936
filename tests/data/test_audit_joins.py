from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medimage.config.audit import AuditConfig
from medimage.config.data import DataConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.findings_on_patients import findings_on_patients
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from tests.support.audited_records import audit, findings, given, reason, record
from tests.support.images import textured


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


def test_a_patient_with_much_of_a_class_is_told() -> None:
    def images_of(patient: str, *, count: int, label: str = "a") -> list[ImageRecord]:
        seeds = range(2_000, 2_000 + count)
        return [record(f"{patient}/{label}{seed}.png", textured(seed), label, patient) for seed in seeds]

    # Ten of 22 images of class a.
    message = findings(audit(images_of("p", count=10)))["dominating_patient"]
    assert message.startswith("p, one patient, lesion or study, has 10 of the 22 images of a (45.5 %): they are on one")
    # Nine are few, and of 52 images ten are less than a fifth.
    assert "dominating_patient" not in findings(audit(images_of("p", count=9)))
    assert "dominating_patient" not in findings(audit(images_of("p", count=10), plain=42))
    assert "dominating_patient" not in findings(audit(images_of("p", count=10), maximum_patient_share=0.5))


def test_of_many_large_patients_the_largest_are_told_and_the_others_counted() -> None:
    numbers = [number // 10 for number in range(70)]
    images = pd.DataFrame({"label": [f"c{one}" for one in numbers], "patient": [f"p{one}" for one in numbers]})
    images["reason"] = ""
    told = [finding.message for finding in findings_on_patients(images, AuditConfig())]
    assert [message.split(",")[0] for message in told[:5]] == ["p0", "p1", "p2", "p3", "p4"]
    # The largest share first; a fifth exactly is not one yet, and images without a patient are not of one patient.
    of_one = [*["p"] * 16, *["q"] * 40, *["r"] * 13, *[f"s{number}" for number in range(11)]]
    images = pd.DataFrame({"label": "a", "patient": of_one, "reason": ""})
    images = pd.concat([images, images.assign(label="b", patient="")])
    begun = [finding.message.split(",")[0] for finding in findings_on_patients(images, AuditConfig())]
    assert begun == ["q", "80 of 160 images have no patient"]
    # Images that are quarantined do not count.
    images["reason"] = np.where(images["patient"] == "q", "unreadable: broken", "")
    begun = [finding.message.split(",")[0] for finding in findings_on_patients(images, AuditConfig())]
    assert begun[:2] == ["p", "r"]
    assert told[5] == "2 more patients, lesions or studies have a large share of a class"


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

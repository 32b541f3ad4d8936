import re
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from medimage.config.audit import AuditConfig
from medimage.config.expectations import RuleName
from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit
from medimage.data.audit.expectations import SuiteResult, run_expectations
from medimage.data.audit.intensity_profile import INTENSITY_COLUMNS, IntensityProfile
from medimage.errors import DataError

CLASSES = ("a", "b", "c")


def sound(count: int = 240, seed: int = 0) -> pd.DataFrame:
    """Returns audited images that meet every rule: three classes, three origins, a given split."""
    generator = np.random.default_rng(seed)
    rows = np.arange(count)
    images = pd.DataFrame(
        {
            "name": [f"{row:06d}.png" for row in rows],
            "image_id": [f"{row:064x}" for row in rows],
            "label": np.asarray(CLASSES)[rows % 3],
            "patient": "",
            "group": [f"g{row}" for row in rows],
            "origin": [f"scanner {row // 3 % 3}" for row in rows],
            "given_split": np.where(rows // 9 % 3 == 0, "test", "train"),
            "duplicate_cluster": rows,
            "width": 224,
            "height": 200,
            "mode": "L",
            "mean_intensity": generator.normal(100, 10, count),
            "std_intensity": generator.normal(40, 4, count),
            "low_intensity": generator.normal(20, 4, count),
            "high_intensity": generator.normal(200, 10, count),
            "reason": "",
        }
    )
    return images[list(IMAGE_COLUMNS)]


def run(images: pd.DataFrame, **settings: object) -> SuiteResult:
    profile = settings.pop("profile", None)
    assert profile is None or isinstance(profile, IntensityProfile)
    config = AuditConfig.model_validate(settings)
    return run_expectations(images, config, classes=CLASSES, color_mode="gray", profile=profile)


def unmet(result: SuiteResult) -> set[str]:
    return {expectation.rule for expectation in result.expectations if not expectation.success}


def change(column: str, rows: list[int], value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def changed(images: pd.DataFrame) -> pd.DataFrame:
        images = images.copy()
        images.loc[rows, column] = value
        return images

    return changed


def quarantine(rows: list[int]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return change("reason", rows, "blank: nothing to see")


def inverted(where: Callable[[pd.DataFrame], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def changed(images: pd.DataFrame) -> pd.DataFrame:
        images = images.copy()
        chosen = where(images)
        images.loc[chosen, "mean_intensity"] = 255 - images["mean_intensity"]
        images.loc[chosen, "low_intensity"] = 255 - images["high_intensity"]
        images.loc[chosen, "high_intensity"] = 255 - images["low_intensity"]
        return images

    return changed


B_ROWS = [row for row in range(240) if row % 3 == 1]

BROKEN: list[tuple[RuleName, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("values_present", change("label", [4], ""), "this is not so for 1 of 240 files, such as 000004.png"),
    ("known_labels", change("label", [4], "z"), "1 of 240 files, such as 000004.png with the label 'z'"),
    ("unique_names", change("name", [4], "000007.png"), "this is not so for 2 of 240 files, such as 000007.png"),
    ("unique_images", change("image_id", [4], f"{7:064x}"), "2 of 240 images, such as 000004.png and 000007.png"),
    ("enough_images", quarantine(B_ROWS[4:]), "class b has 4 usable images"),
    ("balanced_classes", quarantine(B_ROWS[10:]), "class a has 80 images, which is 8.0 times as many"),
    ("balanced_classes", quarantine(B_ROWS), "class a has 80 images, while another class has none"),
    ("plausible_size", change("width", [3], 20), "1 of 240 images, such as 000003.png (20 pixels)"),
    ("plausible_size", change("height", [3], 9000), "1 of 240 images, such as 000003.png (9000 pixels)"),
    ("plausible_shape", change("width", [3], 700), "1 of 240 images, such as 000003.png (3.5 to 1)"),
    ("expected_mode", change("mode", [3], "P"), "1 of 240 images, such as 000003.png (P)"),
    ("intensities", change("mean_intensity", [0, 1, 2], 250), "this is not so for 3 of 240 images"),
    (
        "intensities_by_origin",
        inverted(lambda images: images["origin"] == "scanner 1"),
        "origin scanner 1 has",
    ),
    ("intensities_by_class", inverted(lambda images: images["label"] == "b"), "class b has"),
    ("intensities_by_part", inverted(lambda images: images["given_split"] == "test"), "given part test has"),
]


def test_sound_records_meet_every_rule() -> None:
    result = run(sound())
    assert unmet(result) == set()
    assert result.findings == ()
    assert {expectation.rule for expectation in result.expectations} == {rule for rule, _, _ in BROKEN}


@pytest.mark.parametrize(
    ("rule", "spoil", "observed"), BROKEN, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(BROKEN)]
)
def test_each_rule_is_not_met_by_records_that_break_it(
    rule: RuleName, spoil: Callable[[pd.DataFrame], pd.DataFrame], observed: str
) -> None:
    result = run(spoil(sound()))
    assert rule in unmet(result)
    told = [item for item in result.expectations if item.rule == rule and not item.success]
    assert any(observed in item.observed for item in told)
    critical = rule in AuditConfig().expectations.critical
    assert all(item.critical is critical for item in told)
    assert any(finding.name == rule for finding in result.findings) is not critical


def by_pandas(images: pd.DataFrame, config: AuditConfig, profile: IntensityProfile) -> dict[tuple[str, str], int]:
    """Counts what breaks each rule, without Great Expectations."""
    usable = images[images["reason"] == ""]
    counts = usable["label"].value_counts().reindex(CLASSES).fillna(0)
    longer, shorter = usable[["width", "height"]].max(axis=1), usable[["width", "height"]].min(axis=1)
    expected = {
        ("values_present", "label"): (images["label"] == "").sum(),
        ("values_present", "name"): (images["name"] == "").sum(),
        ("known_labels", "label"): (~images["label"].isin([*CLASSES, ""])).sum(),
        ("unique_names", "name"): images.loc[images["name"] != "", "name"].duplicated(keep=False).sum(),
        ("unique_images", "image_id"): usable["image_id"].duplicated(keep=False).sum(),
        ("enough_images", "images"): (counts < config.minimum_images_per_class).sum(),
        ("balanced_classes", "ratio"): (counts / counts.min() > config.expectations.imbalance_ratio).sum(),
        ("plausible_size", "width"): (~usable["width"].between(32, 8192)).sum(),
        ("plausible_size", "height"): (~usable["height"].between(32, 8192)).sum(),
        ("plausible_shape", "aspect_ratio"): (longer / shorter > 3).sum(),
        ("expected_mode", "mode"): (~usable["mode"].isin(["L", "RGB", ""])).sum(),
    }
    for column, (low, high) in profile.ranges(config.expectations.intensity_margin).items():
        outside = int((~usable[column].between(low, high)).sum())
        expected["intensities", column] = outside if outside > 0.01 * len(usable) else 0
    return {key: int(count) for key, count in expected.items()}


@pytest.mark.parametrize("seed", range(3))
def test_results_are_those_of_direct_computation(seed: int) -> None:
    generator = np.random.default_rng(seed)
    images = sound(seed=seed)
    for column, values in {
        "label": ["z", ""],
        "name": ["000001.png", "x"],
        "image_id": ["same"],
        "width": [5, 9999, 900],
        "height": [5, 9999],
        "mode": ["CMYK", "RGB", "P"],
        "mean_intensity": [0.0, 255.0],
        "high_intensity": [60.0],
        "reason": ["blank: nothing"],
    }.items():
        rows = generator.choice(len(images), int(generator.integers(0, 20)), replace=False)
        images.loc[rows, column] = generator.choice(values, len(rows))
    result = run(images)
    assert result.profile is not None
    expected = by_pandas(images, AuditConfig(), result.profile)
    for expectation in result.expectations:
        broken = expected.get((expectation.rule, expectation.column))
        if broken is None:
            continue
        assert expectation.success == (broken == 0), expectation.told
        if broken and (found := re.match(r"this is not so for ([\d,]+) of", expectation.observed)):
            assert int(found[1].replace(",", "")) == broken


def test_a_critical_rule_stops_the_run_in_plain_words_with_its_numbers() -> None:
    images = quarantine(B_ROWS[4:])(sound())
    result = run(images)
    audit = DataAudit(
        images=images,
        classes=CLASSES,
        skipped_files=(),
        files_found=len(images),
        findings=result.findings,
        expectations=result.expectations,
        data_docs=result.data_docs,
    )
    with pytest.raises(
        DataError,
        match=r"every class should have at least 10 images that can be used \(data.audit.minimum_images_per_class\), "
        "but class b has 4 usable images",
    ) as caught:
        audit.require_trust()
    assert "expect_column" not in str(caught.value)


def test_settings_decide_which_rules_stop_a_run() -> None:
    images = change("mode", [3], "P")(sound())
    result = run(images, expectations={"critical": ["expected_mode"]})
    assert [item.rule for item in result.expectations if item.critical and not item.success] == ["expected_mode"]
    assert result.findings == ()


def test_modes_follow_the_color_mode_unless_they_are_set() -> None:
    images = sound()
    in_color = run_expectations(images, AuditConfig(), classes=CLASSES, color_mode="rgb")
    assert unmet(in_color) == {"expected_mode"}
    assert unmet(run(images, expectations={"modes": ["RGB", "P"]})) == {"expected_mode"}
    assert unmet(run(change("mode", [1, 2], "")(images))) == set()


def test_a_scanner_with_inverted_images_is_named_once_and_the_others_are_not() -> None:
    result = run(inverted(lambda images: images["origin"] == "scanner 1")(sound()))
    told = [finding.message for finding in result.findings if finding.name == "intensities_by_origin"]
    assert len(told) == 1
    assert "scanner 1" in told[0]
    assert "mean gray level" in told[0]


def test_washed_out_images_of_a_scanner_are_seen_though_it_is_in_the_training_images() -> None:
    images = sound().assign(given_split="")
    chosen = images["origin"] == "scanner 2"
    images.loc[chosen, "std_intensity"] /= 4
    result = run(images)
    assert unmet(result) == {"intensities_by_origin"}
    assert "contrast" in result.findings[0].message


def test_the_origin_of_most_images_is_what_the_rare_one_is_held_against() -> None:
    images = sound()
    rare = images.index % 8 == 0
    images["origin"] = np.where(rare, "rare", "common")
    result = run(inverted(lambda images: images["origin"] == "rare")(images))
    told = [finding.message for finding in result.findings if finding.name == "intensities_by_origin"]
    assert len(told) == 1
    assert "the origin rare" in told[0]


def test_an_origin_with_few_images_and_one_odd_image_of_many_accuse_nobody() -> None:
    images = sound()
    images.loc[:9, "origin"] = "small"
    images.loc[:9, "mean_intensity"] = 250
    images.loc[20, "mean_intensity"] = 250
    assert "intensities_by_origin" not in unmet(run(images))


def test_the_profile_is_that_of_the_given_train_part_where_there_is_one() -> None:
    images = sound()
    train = images[images["given_split"] == "train"]
    expected = IntensityProfile.measure(train, share=0.99, source="the given train part")
    assert run(images).profile == expected
    whole = run(images.assign(given_split="")).profile
    assert whole is not None
    assert whole.images == len(images)


def test_images_without_a_given_train_part_are_not_held_against_themselves() -> None:
    result = run(sound().assign(given_split=""))
    assert "intensities" not in {expectation.rule for expectation in result.expectations}
    assert unmet(result) == set()


def test_images_are_held_against_the_profile_of_an_earlier_training_where_one_is_given() -> None:
    earlier = IntensityProfile.measure(sound(seed=1), share=0.99, source="all usable images")
    shifted = sound()
    shifted[list(INTENSITY_COLUMNS)] += 60
    result = run(shifted, profile=earlier)
    assert result.profile == earlier
    assert {"intensities", "intensities_by_origin", "intensities_by_class", "intensities_by_part"} == unmet(result)
    assert all("earlier training" in finding.message for finding in result.findings)
    assert unmet(run(sound(seed=2), profile=earlier)) == set()


def test_no_usable_image_is_told_and_not_a_crash() -> None:
    result = run(sound().assign(reason="blank: nothing"))
    assert result.profile is None
    assert unmet(result) == {"enough_images"}


def test_twenty_thousand_rows_take_less_than_five_seconds_of_one_core() -> None:
    images = sound(20_000).assign(mode="CMYK")
    run(sound())
    started = time.process_time()
    assert unmet(run(images)) == {"expected_mode"}
    assert time.process_time() - started < 5

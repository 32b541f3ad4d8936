"""What a check comes to: nothing, or which kind of drift."""

import json

import numpy as np
import pytest

from medimage.monitoring.columns import ABSTAINED, EMBEDDING, LABEL, MEAN
from medimage.monitoring.drift_check import DriftCheck, DriftVerdict, check_drift
from medimage.monitoring.drift_kind import AppearanceChange, DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.serving.prediction_log.logged_prediction import EMBEDDING_NUMBERS
from tests.support.observed import changed, logged_rows, observed, reference_of
from tests.support.scipy_tests import SCIPY

REFERENCE = reference_of(logged_rows(800, seed=1))


def check(
    images: int = 500, *, seed: int = 2, ill: float = 0.3, darker_by: float = 0.0, strange: float = 0.0
) -> DriftCheck:
    rows = logged_rows(images, seed=seed, ill=ill, darker_by=darker_by, strange=strange)
    window = observed(rows, REFERENCE)
    return check_drift(REFERENCE.observations, window)


def test_images_as_before_are_no_drift() -> None:
    verdicts = [check(seed=seed).verdict for seed in range(10, 40)]
    assert verdicts.count(DriftVerdict.NO_DRIFT) >= 29


def test_darker_images_are_a_change_of_appearance() -> None:
    found = check(darker_by=15)
    assert found.finding is not None
    assert found.finding.kind is DriftKind.APPEARANCE
    assert AppearanceChange.BRIGHTNESS in found.finding.changes


@pytest.mark.parametrize("ill", [0.05, 0.6])
def test_more_or_fewer_images_of_a_class_are_a_change_of_prevalence(ill: float) -> None:
    found = check(ill=ill)
    assert found.finding is not None
    assert found.finding.kind is DriftKind.PREVALENCE
    assert LABEL in found.finding.evidence
    assert "in place of 33 %" in found.finding.sentence


def test_a_class_may_look_different_without_that_being_a_change_of_appearance() -> None:
    # Images of one class are darker, so more of them darken the window.
    found = check(ill=0.95, images=2000)
    assert MEAN in {column.name for column in found.drifted}
    assert found.finding is not None
    assert found.finding.kind is DriftKind.PREVALENCE


def test_a_part_that_is_like_nothing_known_is_something_new() -> None:
    found = check(strange=0.15)
    assert found.finding is not None
    assert found.finding.kind is DriftKind.SOMETHING_NEW
    assert found.finding.share == pytest.approx(0.15, abs=0.05)


def test_a_part_that_the_network_sees_otherwise_is_something_new_though_it_is_darker_as_well() -> None:
    rows = logged_rows(500, seed=8)
    for place in range(0, 500, 4):
        seen = rows[place].embedding_numbers
        assert seen is not None
        moved = (seen + np.eye(len(seen))[3]).astype(EMBEDDING_NUMBERS)
        image = changed(rows[place].image, mean=rows[place].image.mean - 25)
        rows[place] = changed(rows[place], embedding=moved.tobytes(), image=image)
    found = check_drift(REFERENCE.observations, observed(rows, REFERENCE))
    assert {EMBEDDING, MEAN} <= {column.name for column in found.drifted}
    assert found.finding is not None
    assert found.finding.kind is DriftKind.SOMETHING_NEW
    assert found.finding.share == pytest.approx(0.25, abs=0.08)


@pytest.mark.parametrize("darker_by", [0.0, 7.0])
def test_images_that_the_network_sees_a_little_otherwise_all_of_them_are_no_new_part(darker_by: float) -> None:
    rows = logged_rows(500, seed=9, darker_by=darker_by)
    for place, row in enumerate(rows):
        seen = row.embedding_numbers
        assert seen is not None
        rows[place] = changed(row, embedding=(seen + 0.6 * np.eye(len(seen))[3]).astype(EMBEDDING_NUMBERS).tobytes())
    found = check_drift(REFERENCE.observations, observed(rows, REFERENCE))
    assert found.finding is not None
    assert found.finding.kind is DriftKind.APPEARANCE
    expected = AppearanceChange.BRIGHTNESS if darker_by else AppearanceChange.AS_SEEN
    assert expected in found.finding.changes


@pytest.mark.parametrize("images", [0, 1, 49])
def test_few_images_are_not_enough_to_tell(images: int) -> None:
    found = check(images)
    assert found.verdict is DriftVerdict.NOT_ENOUGH
    assert found.columns == ()
    assert "not the same as no drift" in found.sentence


def test_a_small_reference_is_not_enough_either() -> None:
    small = reference_of(logged_rows(20, seed=3))
    found = check_drift(small.observations, observed(logged_rows(100, seed=4), small))
    assert found.verdict is DriftVerdict.NOT_ENOUGH
    assert "the reference has 20 images" in found.sentence


def test_columns_are_told_as_scipy_has_them() -> None:
    window = observed(logged_rows(500, seed=5), REFERENCE)
    found = {column.name: column for column in check_drift(REFERENCE.observations, window).columns}
    expected = SCIPY.ks_2samp(REFERENCE.observations.numbers(MEAN), window.numbers(MEAN), method="asymp")
    assert (found[MEAN].size, found[MEAN].p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert found[EMBEDDING].level == pytest.approx(0.01 / 2)
    assert sum(column.level for column in found.values()) == pytest.approx(0.01)
    both = (REFERENCE.observations, window)
    tables = [[(table.names(LABEL) == name).sum() for name in ("ill", "well")] for table in both]
    chi_square = SCIPY.chi2_contingency(np.array(tables), correction=False)
    assert found[LABEL].p_value == pytest.approx(chi_square.pvalue)
    assert found[LABEL].window == pytest.approx(dict(zip(("ill", "well"), np.array(tables[1]) / 500, strict=True)))
    assert ABSTAINED in found


def test_a_difference_that_does_not_matter_is_no_drift_however_sure_it_is() -> None:
    large = reference_of(logged_rows(20_000, seed=7))
    found = check_drift(large.observations, observed(logged_rows(20_000, seed=6, darker_by=1.0), large))
    column = next(column for column in found.columns if column.name == MEAN)
    assert column.p_value < column.level
    assert not column.is_drifted


def test_the_outcome_is_json() -> None:
    values = json.loads(json.dumps(check(darker_by=15).to_dict(), allow_nan=False))
    assert values["verdict"] == "drift"
    assert values["finding"]["kind"] == "appearance"
    assert {column["name"] for column in values["columns"] if column["drifted"]} >= {MEAN}


def test_settings_that_cannot_be_are_refused() -> None:
    for wrong in ({"level": 0.0}, {"smallest_distance": 2.0}, {"fewest_rows": 1}):
        with pytest.raises(ValueError, match="Expected"):
            DriftSettings(**wrong)  # pyright: ignore[reportArgumentType]

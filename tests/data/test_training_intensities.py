"""Gray levels of validation and test images beside those of the training images."""

from dataclasses import replace

import numpy as np
import pytest

from medimage.config.expectations import ExpectationsConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Part, Split
from medimage.data.splitting import split_images
from medimage.data.training_intensities import hold_against_training
from medimage.errors import DataError
from tests.support.rows_to_split import audited, patients

CONFIG = ExpectationsConfig()


def measured(*, seed: int, count: int = 300, images: int = 1, tails: float = 0.0) -> tuple[DataAudit, Split]:
    """Returns images of normally distributed gray levels, a share of them anywhere, and their division."""
    generator = np.random.default_rng(seed)
    audit = audited(*patients(count, images))
    rows = audit.images.copy()
    for column, mean in (("mean", 100), ("std", 40), ("low", 20), ("high", 200)):
        values = generator.normal(mean, 4, count)
        values = np.where(generator.random(count) < tails, generator.uniform(0, 255, count), values)
        rows[f"{column}_intensity"] = np.repeat(values, images)
    audit = replace(audit, images=rows)
    return audit, split_images(audit, SplitConfig(), seed=seed)


def shifted(audit: DataAudit, split: Split, part: Part, share: float, column: str = "mean_intensity") -> DataAudit:
    rows = split.rows(part)[: round(share * len(split.rows(part)))]
    ids = [split.image_ids[row] for row in rows]
    images = audit.images.copy()
    images.loc[images["image_id"].isin(ids), column] += 60
    return replace(audit, images=images)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_part_that_is_brighter_than_what_was_trained_on_is_told_with_its_numbers(part: Part) -> None:
    audit, split = measured(seed=0)
    (finding,) = hold_against_training(split, shifted(audit, split, part, 0.2), CONFIG).findings
    assert finding.startswith(f"The 45 {part} images have other gray levels than the 210 training images: 20 % have a")
    assert "mean gray level outside" in finding
    assert "where 1 % are expected (data.audit.expectations.intensity_share)" in finding


def test_every_measure_that_differs_is_told_in_one_sentence() -> None:
    audit, split = measured(seed=0)
    strange = shifted(shifted(audit, split, "test", 1.0), split, "test", 1.0, "std_intensity")
    (finding,) = hold_against_training(split, strange, CONFIG).findings
    assert "mean gray level" in finding
    assert "contrast" in finding


def test_brighter_training_images_make_all_others_strange() -> None:
    audit, split = measured(seed=0)
    assert len(hold_against_training(split, shifted(audit, split, "train", 1.0), CONFIG).findings) == 2


@pytest.mark.parametrize(("count", "images"), [(60, 1), (300, 1), (60, 5), (2000, 1)])
@pytest.mark.parametrize("tails", [0.0, 0.02])
def test_parts_drawn_from_the_same_images_are_hardly_ever_accused(count: int, images: int, tails: float) -> None:
    accused = 0
    for seed in range(25):
        audit, split = measured(seed=seed, count=count, images=images, tails=tails)
        accused += bool(hold_against_training(split, audit, CONFIG).findings)
    assert accused <= 1


def test_one_patient_with_many_odd_images_accuses_nobody() -> None:
    audit, split = measured(seed=0, count=60, images=10)
    odd = split.groups[int(split.rows("test")[0])]
    images = audit.images.copy()
    images.loc[images["group"] == odd, "mean_intensity"] = 250.0
    assert hold_against_training(split, replace(audit, images=images), CONFIG).findings == ()


def test_findings_of_the_split_stay_and_its_images_too() -> None:
    audit, split = measured(seed=0)
    told = replace(split, findings=("first",))
    after = hold_against_training(told, shifted(audit, split, "test", 0.5), CONFIG)
    assert after.findings[0] == "first"
    assert len(after.findings) == 2
    assert after.content_hash == split.content_hash


def test_the_run_stops_where_the_rule_is_critical() -> None:
    audit, split = measured(seed=0)
    critical = ExpectationsConfig(critical=("intensities",))
    assert hold_against_training(split, audit, critical) == split
    with pytest.raises(DataError, match="The data cannot be trusted: The 45 test images"):
        hold_against_training(split, shifted(audit, split, "test", 0.5), critical)

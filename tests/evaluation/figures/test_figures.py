import dataclasses
import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.intervals import draw_intervals
from medimage.evaluation.figures.learning_curves import draw_learning_curves
from medimage.evaluation.figures.reliability import draw_reliability
from medimage.evaluation.metrics.calibration_error import reliability_bins
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.models.history import EpochRecord
from tests.support.simulated_predictions import of_arrays, predictions, report_of


def _epochs(count: int, stage: int = 1) -> list[EpochRecord]:
    return [
        EpochRecord(
            stage=stage, epoch=epoch + 1, train_loss=1 / (epoch + 1), train_accuracy=0.5, validation_loss=0.9,
            validation_accuracy=0.6, head_learning_rate=1e-4, backbone_learning_rate=0.0, seconds=1.0,
        )
        for epoch in range(count)
    ]  # fmt: skip


def _is_svg(picture: bytes) -> bool:
    return ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("epochs", [_epochs(1), _epochs(5), _epochs(3) + _epochs(4, stage=2)])
def test_learning_curves_are_drawn_for_any_number_of_epochs(epochs: list[EpochRecord]) -> None:
    assert _is_svg(draw_learning_curves(epochs))


def test_names_of_short_stages_stand_above_the_numbers_of_the_axis() -> None:
    # The axis reaches a tenth of the range above 3.642, so that 4.0 is the number at its upper end.
    first = dataclasses.replace(_epochs(1)[0], validation_loss=3.642)
    with mpl.rc_context({"svg.fonttype": "none"}):
        root = ElementTree.fromstring(draw_learning_curves([first, *_epochs(18, stage=2)]))
    texts = [(each.text, _height(each)) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    number = next(height for text, height in texts if text == "4.0")
    for name in ("stage 1", "stage 2"):
        # Heights grow downwards; a number of 9 points is 7 high.
        assert all(height < number - 7 for text, height in texts if text == name)
    assert sum(text in ("stage 1", "stage 2") for text, _ in texts) == 4


def _height(text: ElementTree.Element) -> float:
    """Returns the height of a text's baseline, in points from the upper edge."""
    place = text.get("y")
    return float(place) if place else float(re.findall(r"translate\(\S+ ([\d.]+)\)", text.get("transform", ""))[0])


def test_learning_curves_of_no_epoch_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one epoch"):
        draw_learning_curves([])


@pytest.mark.parametrize("classes", [2, 7, 20])
def test_confusion_matrix_is_drawn_also_with_empty_rows_and_odd_names(classes: int) -> None:
    names = [f"class $x_{index}$ & <b>" for index in range(classes)]
    assert _is_svg(draw_confusion_matrix(np.diag(np.arange(classes)).tolist(), names))


def test_confusion_matrix_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="2 x 2"):
        draw_confusion_matrix([[1]], ["a", "b"])


@pytest.mark.parametrize("images", [1, 30, 2000])
def test_reliability_is_drawn_for_any_number_of_images(images: int) -> None:
    confidence = np.random.default_rng(0).uniform(0.4, 1, images)
    bins = reliability_bins(confidence, confidence > 0.6, bins=15, cases=images)
    shares = [estimate_proportion(np.ones(count, dtype=bool), np.arange(count)) for count in bins.counts.tolist()]
    assert _is_svg(draw_reliability(bins, shares))


def test_intervals_are_drawn_also_where_they_are_undefined() -> None:
    absent = of_arrays(np.arange(40) % 2, 3 * np.eye(3)[np.arange(40) % 2])
    for test in (predictions(), absent):
        assert _is_svg(draw_intervals(report_of(test).criteria))


def test_intervals_of_no_class_are_refused() -> None:
    with pytest.raises(ValueError, match="got none"):
        draw_intervals([])


def test_the_same_data_give_the_same_bytes() -> None:
    assert draw_learning_curves(_epochs(4)) == draw_learning_curves(_epochs(4))

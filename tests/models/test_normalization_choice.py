import sys

import numpy as np
import pytest

from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.split import PARTS
from medimage.errors import DataError
from medimage.models.normalization_choice import choose_normalization
from medimage.models.pretrained_normalization import pretrained_normalization
from tests.data.test_pixel_store import RECORDS, SPLIT

TRAINING = [SPLIT.image_ids[row] for row in SPLIT.rows("train")]


@pytest.fixture(scope="module")
def pixels() -> PixelStore:
    return PixelStore.build(
        ImageTable.write(RECORDS, classes=("a", "b")), image_ids=SPLIT.image_ids, size=32, color_mode="gray"
    )


def test_training_images_and_no_others_are_measured(pixels: PixelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # Importing timm fails from here on: it takes seconds, and measuring needs none of it.
    monkeypatch.setitem(sys.modules, "medimage.models.pretrained_normalization", None)
    found = choose_normalization(pixels, SPLIT, statistics="training", timm_name="resnet18", given=None, saved=None)
    values = {part: pixels.part(SPLIT, part).pixels[:] / 255 for part in PARTS}
    assert (found.mean, found.std) == (
        pytest.approx((values["train"].mean(),)),
        pytest.approx((values["train"].std(),)),
    )
    assert found.mean[0] != pytest.approx(np.concatenate(list(values.values())).mean())
    assert (found.source, found.images) == ("training", len(TRAINING))


def test_what_was_measured_before_is_taken_where_it_is_that_of_the_training_images(pixels: PixelStore) -> None:
    measured = pixels.normalization(TRAINING)
    saved = SavedNormalization.of(measured, image_ids=TRAINING).model_copy(update={"mean": (0.4321,)})
    found = choose_normalization(pixels, SPLIT, statistics="training", timm_name="resnet18", given=None, saved=saved)
    assert (found.mean, found.std) == ((0.4321,), measured.std)
    others = SavedNormalization.of(measured, image_ids=TRAINING[1:])
    with pytest.raises(DataError, match="training images"):
        choose_normalization(pixels, SPLIT, statistics="training", timm_name="resnet18", given=None, saved=others)


def test_what_the_weights_expect_is_taken_where_they_are_asked(pixels: PixelStore) -> None:
    found = choose_normalization(pixels, SPLIT, statistics="pretrained", timm_name="resnet18", given=None, saved=None)
    assert found == pretrained_normalization("resnet18", channels=1, input_size=32)


def test_what_other_weights_expect_is_taken_as_it_is_given(pixels: PixelStore) -> None:
    given = PretrainedStatistics(mean=(0.5,), std=(0.25,))
    found = choose_normalization(pixels, SPLIT, statistics="pretrained", timm_name="resnet18", given=given, saved=None)
    assert (found.mean, found.std, found.source) == ((0.5,), (0.25,), "pretrained")

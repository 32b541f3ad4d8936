import numpy as np
import pytest
import torch

from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_rows import PixelRows
from medimage.data.pixel_store import PixelStore
from medimage.data.split import PARTS, Part, Split
from medimage.serving.preprocessing import decode_image, resize_image
from medimage.training.inputs.batches import Batches
from tests.support.images import encode, textured

ENCODED = [encode(textured(number)) for number in range(18)]
RECORDS = [
    ImageRecord(name=f"{number:02d}.png", encoded=encoded, label="ab"[number % 2])
    for number, encoded in enumerate(ENCODED)
]
SPLIT = Split(
    image_ids=tuple(record.image_id for record in RECORDS),
    labels=tuple(record.label for record in RECORDS),
    groups=tuple(f"p{number // 2}" for number in range(18)),
    parts=tuple(PARTS[number // 2 % 3] for number in range(18)),
    classes=("a", "b"),
)


@pytest.fixture(scope="module")
def store() -> PixelStore:
    """All images at 32 pixels, stored in another order than the split's."""
    table = ImageTable.write(RECORDS, classes=("a", "b"))
    return PixelStore.build(table, image_ids=sorted(SPLIT.image_ids), size=32, color_mode="gray")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_the_pixels_labels_and_groups_of_its_images(store: PixelStore, part: Part) -> None:
    found = store.part(SPLIT, part)
    rows = SPLIT.rows(part)
    expected = [resize_image(decode_image(ENCODED[row], color_mode="gray"), size=32) for row in rows]
    assert np.array_equal(found.pixels[:], np.stack(expected))
    assert found.labels.tolist() == [row % 2 for row in rows]
    assert found.groups == tuple(f"p{row // 2}" for row in rows)


def test_a_small_part_is_resident_and_a_large_one_is_read_as_it_is_indexed(store: PixelStore) -> None:
    size = 6 * 32 * 32
    small = store.part(SPLIT, "train", resident_bytes=size)
    large = store.part(SPLIT, "train", resident_bytes=size - 1)
    assert isinstance(small.pixels, np.ndarray)
    assert not isinstance(small.pixels, np.memmap)
    assert isinstance(large.pixels, PixelRows)
    assert large.pixels.source is store.pixels
    assert np.array_equal(large.pixels[:], small.pixels)


def test_batches_of_a_large_part_are_those_of_a_resident_one(store: PixelStore) -> None:
    gathered = []
    for limit in (0, 2**30):
        data = store.part(SPLIT, "train", resident_bytes=limit)
        batches = Batches.of_pixels(data, batch_size=4, device=torch.device("cpu"))
        order = np.random.default_rng(1).permutation(len(data))
        gathered.append(torch.cat([pixels for pixels, _ in batches.of_rows(order)]))
    assert torch.equal(*gathered)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_histograms_of_a_part_are_those_of_its_pixels(store: PixelStore, part: Part) -> None:
    pixels = store.part(SPLIT, part).pixels[:]
    counted = sorted(np.bincount(image.ravel(), minlength=256).tolist() for image in pixels)
    assert sorted(histogram[0].tolist() for histogram in store.sampled_histograms(SPLIT, part)) == counted


def test_no_more_histograms_are_taken_than_asked_for(store: PixelStore) -> None:
    assert len(store.sampled_histograms(SPLIT, "train", most=2)) == 2

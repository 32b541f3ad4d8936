from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.data.saved_normalization import SavedNormalization, training_hash
from medimage.data.statistics import NormalizationStats
from medimage.errors import DataError, StorageError

IDS = ("c", "a", "b")
STATS = NormalizationStats(mean=(0.1, 0.2, 1 / 3), std=(0.1, 0.2, 0.3), input_size=32, images=3, source="training")


def test_saved_statistics_are_used_for_the_images_that_they_were_measured_on(tmp_path: Path) -> None:
    SavedNormalization.of(STATS, image_ids=IDS).write(tmp_path / "a.json")
    saved = SavedNormalization.read(tmp_path / "a.json")
    assert saved.for_images(sorted(IDS), input_size=32, channels=3) == STATS


@pytest.mark.parametrize(
    ("image_ids", "size", "channels", "told"),
    [
        (("a", "b", "d"), 32, 3, "hash of the training images"),
        (("a", "b"), 32, 3, "number of training images is 2 in the run but 3 in the file"),
        (IDS, 33, 3, "input size is 33 in the run but 32 in the file"),
        (IDS, 32, 1, "number of channels is 1 in the run but 3 in the file"),
    ],
)
def test_for_others_they_are_refused(image_ids: tuple[str, ...], size: int, channels: int, told: str) -> None:
    saved = SavedNormalization.of(STATS, image_ids=IDS)
    with pytest.raises(DataError, match=told):
        saved.for_images(image_ids, input_size=size, channels=channels)


def test_those_of_another_decoding_are_refused() -> None:
    saved = SavedNormalization.of(STATS, image_ids=IDS).model_copy(update={"preprocessing": "0"})
    with pytest.raises(DataError, match="version of decoding"):
        saved.for_images(IDS, input_size=32, channels=3)


@given(
    st.lists(st.text("abcdef0123456789", min_size=4), unique=True).flatmap(
        lambda ids: st.tuples(st.just(ids), st.permutations(ids))
    )
)
def test_the_hash_does_not_depend_on_order(ids: tuple[list[str], list[str]]) -> None:
    assert training_hash(ids[0]) == training_hash(ids[1])
    assert training_hash([*ids[0], "new"]) != training_hash(ids[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "mean: 1",
        '{"mean": [2], "std": [0.1], "input_size": 8, "images": 1, "data_hash": "a", "preprocessing": "1"}',
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match="is wrong"):
        SavedNormalization.read(tmp_path / "a.json")


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        SavedNormalization.read(tmp_path / "none.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        SavedNormalization.of(STATS, image_ids=IDS).write(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]

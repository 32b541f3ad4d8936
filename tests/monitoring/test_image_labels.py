"""The table of true classes of a folder of images."""

from pathlib import Path

import pytest

from medimage.errors import DataError
from medimage.inference.image_file import images_below
from medimage.monitoring.image_labels import read_image_labels
from tests.support.images import encode, textured

CLASSES = ("ill", "very_well")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two images, one of them in a folder of its own."""
    (tmp_path / "images" / "a").mkdir(parents=True)
    for number, name in enumerate(("one.png", "a/two.png")):
        (tmp_path / "images" / name).write_bytes(encode(textured(seed=number)))
    return tmp_path / "images"


def read(folder: Path, table: str) -> dict[str, str | None]:
    path = folder.parent / "labels.csv"
    path.write_text(table)
    return dict(read_image_labels(path, images_below(folder), classes=CLASSES))


def test_classes_are_found_however_they_are_spelt_and_others_are_none_of_the_models(folder: Path) -> None:
    assert read(folder, "file;label\none.png;Very Well\na\\two.png;fracture\n") == {
        "one.png": "very_well",
        "a/two.png": None,
    }


def test_two_spellings_of_one_file_with_different_classes_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"'one\.png' twice, spelt in two ways"):
        read(folder, "file,label\none.png,ill\n./one.png,very well\n")
    assert read(folder, "file,label\none.png,ill\n./one.png,ILL\n") == {"one.png": "ill"}


def test_not_every_image_needs_a_label(folder: Path) -> None:
    assert read(folder, "label,file,by\nILL,./one.png,somebody\n") == {"one.png": "ill"}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("file,label\none.png,\n", "no label in line 2"),
        ("file,label\none.png,ill\none.png,very_well\n", "says different things"),
        ("file,label\nthree.png,ill\nimages/one.png,ill\n", "2 of 2, such as 'three.png'"),
        ("file,class\none.png,ill\n", "label"),
        ("", "empty"),
        ("file,label\n", "no rows"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(folder: Path, table: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read(folder, table)

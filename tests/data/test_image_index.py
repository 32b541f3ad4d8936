import unicodedata

import pytest

from medimage.data.sources.image_index import ImageIndex
from medimage.errors import DataError

FILES = (
    "part_1/ISIC_1.jpg",
    "part_2/ISIC_2.jpg",
    "part_2/ISIC_2.png",
    "a/x.png",
    "b/x.png",
    "a.b/1.2.840.png",
    "top.png",
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("part_1/ISIC_1.jpg", "part_1/ISIC_1.jpg"),
        ("ISIC_1.jpg", "part_1/ISIC_1.jpg"),
        ("ISIC_1", "part_1/ISIC_1.jpg"),
        ("part_1/ISIC_1", "part_1/ISIC_1.jpg"),
        (".\\part_1\\ISIC_1.jpg", "part_1/ISIC_1.jpg"),
        ("ISIC_2.png", "part_2/ISIC_2.png"),
        ("b/x", "b/x.png"),
        ("1.2.840", "a.b/1.2.840.png"),
        ("b/1.2.840", None),
        ("top", "top.png"),
        ("isic_1", None),
        ("art_1/ISIC_1", None),
        ("ISIC", None),
        ("/part_1/ISIC_1.jpg", None),
        ("../part_1/ISIC_1.jpg", None),
    ],
)
def test_an_image_is_found_by_path_file_name_or_stem(written: str, name: str | None) -> None:
    assert ImageIndex(FILES).find(written, where="t.csv names in line 2") == name


@pytest.mark.parametrize("written", ["ISIC_2", "x", "x.png", "part_2/ISIC_2"])
def test_a_name_that_may_mean_several_files_is_refused_with_them(written: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv names in line 2 '.*', which may be any of 2 files: .*table\.images"):
        ImageIndex(FILES).find(written, where="t.csv names in line 2")


def test_the_whole_path_wins_over_an_end_of_another() -> None:
    assert ImageIndex(["x.png", "a/x.png"]).find("x.png", where="w") == "x.png"


def test_a_file_name_wins_over_a_stem() -> None:
    assert ImageIndex(["x.png", "x.png.jpg"]).find("x.png", where="w") == "x.png"


def test_accents_match_however_they_are_composed() -> None:
    apart = unicodedata.normalize("NFD", "café/é.png")
    assert ImageIndex([apart]).find(unicodedata.normalize("NFC", "café/é"), where="w") == apart

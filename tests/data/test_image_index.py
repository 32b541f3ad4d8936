import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("/top.png", "top.png"),
        ("a/", None),
        ("b/x.pn", None),
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


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["café/é.png", "é.png", "café/é", "é", ".\\café\\é.png"])
@pytest.mark.parametrize("folder", ["", "images/"])
def test_of_names_that_differ_in_composition_the_one_that_is_written_exactly_is_meant(
    form: Literal["NFC", "NFD"], written: str, folder: str
) -> None:
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    twins = {each: folder + unicodedata.normalize(each, "café/é.png") for each in forms}
    index = ImageIndex([*twins.values(), "other/e.png"])
    assert index.find(unicodedata.normalize(form, written), where="w") == twins[form]


def test_of_names_that_differ_in_composition_none_is_guessed_where_neither_is_written_exactly() -> None:
    composed = {form: unicodedata.normalize(form, "café/é.png") for form in ("NFC", "NFD")}
    half = unicodedata.normalize("NFC", "café") + unicodedata.normalize("NFD", "/é.png")
    with pytest.raises(DataError, match=r"any of 2 files: 'cafe\\u0301/e\\u0301\.png' and 'caf\\xe9/\\xe9\.png'\."):
        ImageIndex(composed.values()).find(half, where="w")


def test_of_several_that_are_written_exactly_so_none_is_guessed() -> None:
    composed, apart = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    with pytest.raises(DataError, match=r"any of 2 files: 'a/\\xe9\.png' and 'c/\\xe9\.png'\."):
        ImageIndex([f"a/{composed}", f"b/{apart}", f"c/{composed}"]).find(composed, where="w")
    assert ImageIndex([f"a/{composed}", f"b/{apart}", f"c/{composed}"]).find(apart, where="w") == f"b/{apart}"


def test_a_whole_path_without_suffix_wins_over_an_end() -> None:
    files = ["train/1.png", "old/train/1.png"]
    assert ImageIndex(files).find("train/1", where="w") == "train/1.png"
    assert ImageIndex(files).find("old/train/1", where="w") == "old/train/1.png"


PARTS = st.sampled_from(["a", "b", "a.b", "a b", "ä"])
PATHS = st.builds(lambda folders, file: "/".join([*folders, file]), st.lists(PARTS, max_size=3), PARTS)


@given(paths=st.sets(PATHS, max_size=12), suffixes=st.sampled_from([(".png",), (".png", ".jpg")]), written=PATHS)
def test_what_is_found_is_what_a_search_through_all_files_finds(
    paths: set[str], suffixes: tuple[str, ...], written: str
) -> None:
    files = [path + suffix for path in paths for suffix in suffixes]
    for named in (written, f"{written}.png"):
        expected: list[str] = []
        for known in ({file: file for file in files}, {file: file.rpartition(".")[0] for file in files}):
            ends = [file for file, path in known.items() if f"/{path}".endswith(f"/{named}")]
            whole = [file for file, path in known.items() if path == named]
            expected = expected or (whole if len(whole) == 1 else ends)
        try:
            found = ImageIndex(files).find(named, where="w")
        except DataError:
            assert len(expected) > 1
        else:
            assert [found] == (expected or [None])


def seconds_to_find(patients: int) -> float:
    """Finds every image of a data set in which all files are called alike, and as many that are not there."""
    files = [f"data/train/patient{number:06d}/study1/view1_frontal.jpg" for number in range(patients)]
    started = time.process_time()
    index = ImageIndex(files)
    for file in files:
        assert index.find(file.removeprefix("data/"), where="w") == file
        assert index.find(f"other/{file}", where="w") is None
    return time.process_time() - started


def test_files_that_are_all_called_alike_are_found_in_time_that_grows_with_their_number() -> None:
    few, many = (min(seconds_to_find(patients) for _ in range(3)) for patients in (2_000, 8_000))
    assert many < 8 * few

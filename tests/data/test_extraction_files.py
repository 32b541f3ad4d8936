import os
import random
from pathlib import Path

import pytest

from medimage.data.sources.extraction import extract
from medimage.errors import StorageError
from tests.support.archives import MAKERS, Maker, zip_bytes
from tests.support.disk import files_limited_to
from tests.support.unpacking import refusal, unpacked, zip_and_tar

FILES = {
    "ill/Ångström 1.png": b"first",
    "ill/two words.png": bytes(range(256)) * 20,
    "ill/empty.png": b"",
    "well/deeper/3.png": b"third",
    "well/inside.zip": zip_bytes({"4.png": b"fourth"}),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_every_format_gives_the_files_that_were_packed_and_archives_inside_stay_files(
    make: Maker, tmp_path: Path
) -> None:
    assert unpacked(make({"ill/": b"", "nothing/": b"", **FILES}), tmp_path) == FILES
    assert (tmp_path / "out" / "nothing").is_dir()


@zip_and_tar
def test_names_that_begin_with_the_folder_itself_are_taken(make: Maker, tmp_path: Path) -> None:
    assert unpacked(make({"./": b"", "./ill//1.png": b"x"}), tmp_path) == {"ill/1.png": b"x"}


@zip_and_tar
def test_a_folder_that_is_repeated_in_other_letters_with_the_same_images_is_taken(make: Maker, tmp_path: Path) -> None:
    files = {
        f"{folder}/{number}.jpg": bytes([number]) * 9 for folder in ("HAM_part_1", "ham_part_1") for number in (1, 2)
    }
    assert unpacked(make(files), tmp_path) == files
    third = {**files, "Ham_Part_1/1.jpg": b"other"}
    assert "'HAM_part_1/1.jpg' and 'Ham_Part_1/1.jpg', which differ" in refusal(make(third), tmp_path / "other")


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    archive.write_bytes(MAKERS["tar.gz"]({"1.png": random.Random(0).randbytes(2**20)}))
    out.mkdir()
    with pytest.raises(StorageError, match="File too large"), files_limited_to(2**17):
        extract(archive, out)


def test_an_archive_that_is_larger_than_what_is_free_is_told_before_it_is_read(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    archive.write_bytes(b"PK\x05\x06")
    # A file of holes: it takes no room itself.
    os.truncate(archive, 2**42)
    out.mkdir()
    with pytest.raises(StorageError, match="4,194,304 MB free to unpack"):
        extract(archive, out)

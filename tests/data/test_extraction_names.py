import unicodedata
import zipfile
from pathlib import Path

import pytest

from tests.support.archives import Maker, folder_or_file, tar_bytes, tar_of, zip_bytes, zip_of_infos
from tests.support.unpacking import refusal, zip_and_tar


@zip_and_tar
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../outside.png", "leaves the folder"),
        ("ill/../../outside.png", "leaves the folder"),
        ("ill/..", "leaves the folder"),
        ("..", "leaves the folder"),
        ("/etc/outside.png", "absolute path"),
        ("C:/outside.png", "absolute path"),
        ("c:outside.png", "absolute path"),
        ("ill\\outside.png", "backslash"),
        ("..\\outside.png", "backslash"),
        ("ill/a\nb.png", "control character"),
        ("ill/\x1b[31m.png", "control character"),
        ("a" * 256, "too long"),
        ("é" * 128, "too long"),
        ("/".join(["abcdefghi"] * 101), "too long"),
        (".", "names no file"),
        ("./.", "names no file"),
    ],
)
def test_a_name_that_leaves_the_folder_or_cannot_be_one_is_refused(
    make: Maker, name: str, reason: str, tmp_path: Path
) -> None:
    assert reason in refusal(make({"ill/1.png": b"x", name: b"x"}), tmp_path)


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    assert "control character" in refusal(zip_bytes({"evil.png?.exe": b"x"}).replace(b"?", b"\0"), tmp_path)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8" in refusal(tar_bytes({"ill/\udcff.png": b"x"}), tmp_path / "tar")
    spoilt = zip_bytes({"ill/é.png": b"x"}).replace("é".encode(), b"\xff\xfe")
    assert "codec can't decode" in refusal(spoilt, tmp_path / "zip")


@zip_and_tar
@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("ill/1.png", "ill/1.PNG", "one file on disks where case does not count"),
        ("Ill/1.png", "iLL/1.png", "one file on disks where case does not count"),
        ("ill/straße.png", "ill/STRASSE.png", "one file on disks where case does not count"),
        ("é.png", unicodedata.normalize("NFD", "é.png"), "one file on disks where case does not count"),
        ("ill/1.png", "./ill/1.png", "has the file './ill/1.png' twice"),
        ("ill/1.png", "ill/1.png/2.png", "as a file and as a folder"),
        ("ill/1.png/2.png", "ILL/1.png", "as a file and as a folder"),
    ],
)
def test_two_members_that_would_be_one_file_are_refused(
    make: Maker, first: str, second: str, reason: str, tmp_path: Path
) -> None:
    assert reason in refusal(make({first: b"x", second: b"y"}), tmp_path)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = tar_of([(folder_or_file("1.png", b"x"), b"x")] * 2)
    assert "has the file '1.png' twice" in refusal(twice, tmp_path / "tar")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zip_of_infos([(zipfile.ZipInfo("1.png"), b"x"), (zipfile.ZipInfo("1.png"), b"y")])
    assert "has the file '1.png' twice" in refusal(twice, tmp_path / "zip")

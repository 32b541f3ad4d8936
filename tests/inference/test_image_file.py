import os
import shutil
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError
from medimage.inference.image_file import images_below, named_files
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.images import encode, textured


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    (root / "study/series").mkdir(parents=True)
    (root / "b.png").write_bytes(encode(textured(1)))
    (root / "a.JPG").write_bytes(b"no image inside")
    (root / "study/series/IM0001").write_bytes(dicom_bytes(gray_dataset(textured(4))))
    (root / "study/series/scan.dcm").write_bytes(b"truncated")
    (root / "study/unnamed").write_bytes(encode(textured(2)))
    (root / "notes.txt").write_text("text")
    (root / ".hidden.png").write_bytes(encode(textured(3)))
    return root


def test_images_are_found_by_name_and_by_content_and_nothing_else(folder: Path) -> None:
    names = [file.name for file in images_below(folder)]
    assert names == ["a.JPG", "b.png", "study/unnamed", "study/series/IM0001", "study/series/scan.dcm"]


def test_no_image_is_passed_over_because_it_cannot_be_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    with Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.png")).open("wb") as file:
        file.write(encode(textured(5)))
    found = {file.name: file.refusal for file in images_below(folder)}
    assert found["pipe.png"] == ""
    assert "not UTF-8" in found[r"bad\xff.png"]


def test_named_files_keep_their_names_and_folders_stand_for_what_is_below(folder: Path) -> None:
    alone = folder / "b.png"
    found = named_files([alone, folder])
    assert found[0].name == str(alone)
    assert len(found) == len({file.path for file in found}) == len(images_below(folder))


def test_a_file_that_is_named_is_taken_whatever_it_holds(folder: Path) -> None:
    (file,) = named_files([folder / "notes.txt"])
    assert file.path == folder / "notes.txt"


def test_what_is_not_there_is_told_at_once_and_all_of_it(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)one\.png.*two\.png"):
        named_files([folder / "one.png", folder / "b.png", folder / "two.png"])


def test_a_folder_without_an_image_is_told(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="no image below the folder"):
        named_files([folder])

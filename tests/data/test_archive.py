import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.sources.archive import archive_hash, extract_archive
from medimage.data.sources.open_source import open_source
from medimage.errors import ConfigurationError, DataError, StorageError
from tests.conftest import PROJECT
from tests.support.archives import MAKERS, zip_bytes
from tests.support.disk import files_limited_to
from tests.support.images import make_class_folders
from tests.support.privileges import without_privileges

OLD = 10**18
FILES = {"ill/1.png": b"first", "well/2.png": b"second"}
OTHER_FILES = {"ill/1.png": b"fourt", "well/2.png": b"second"}


def write(path: Path, content: bytes, *, time_ns: int = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(time_ns, time_ns))
    return path


def files_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_an_archive_is_unpacked_once_whatever_it_is_called(form: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    root = extract_archive(write(tmp_path / "images.bin", MAKERS[form](FILES)), cache=cache)
    assert files_of(root) == FILES
    before = {path: path.stat().st_ctime_ns for path in root.rglob("*.png")}
    assert before
    (tmp_path / "images.bin").rename(tmp_path / "renamed")
    assert extract_archive(tmp_path / "renamed", cache=cache) == root
    assert {path: path.stat().st_ctime_ns for path in root.rglob("*.png")} == before
    assert [path.name for path in cache.iterdir()] == ["archives"]
    assert {path.name for path in (cache / "archives").iterdir()} == {root.name, "known"}


def test_an_archive_that_has_changed_is_unpacked_anew(tmp_path: Path) -> None:
    archive, cache = tmp_path / "images.zip", tmp_path / "cache"
    first = extract_archive(write(archive, zip_bytes(FILES)), cache=cache)
    second = extract_archive(write(archive, zip_bytes({"ill/3.png": b"third"}), time_ns=OLD + 1), cache=cache)
    assert files_of(first) == FILES
    assert files_of(second) == {"ill/3.png": b"third"}


def test_a_file_that_is_no_archive_is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    zeros = tmp_path / "images.zip"
    with zeros.open("wb") as file:
        # Ten terabytes, of which a file system keeps nothing: to read them would take hours.
        file.truncate(10**13)
    with pytest.raises(DataError, match=r"begins as none of them\. Pack the images again"):
        extract_archive(zeros, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_change_within_one_tick_of_the_clock_is_noticed(tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    now = time.time_ns()
    first = archive_hash(write(archive, zip_bytes(FILES), time_ns=now), cache=tmp_path)
    assert archive_hash(write(archive, zip_bytes(OTHER_FILES), time_ns=now), cache=tmp_path) != first


def test_an_archive_of_the_same_size_and_time_is_not_read_again(tmp_path: Path) -> None:
    archive = write(tmp_path / "images.zip", zip_bytes(FILES))
    first = archive_hash(archive, cache=tmp_path)
    assert archive_hash(write(archive, zip_bytes(OTHER_FILES)), cache=tmp_path) == first
    assert archive_hash(write(archive, zip_bytes(OTHER_FILES), time_ns=OLD + 1), cache=tmp_path) != first


def test_a_killed_extraction_leaves_nothing_that_is_trusted(tmp_path: Path) -> None:
    archive = write(tmp_path / "images.tar", MAKERS["tar"]({f"{number}.png": bytes(9) for number in range(50)}))
    code = (
        "import os, signal, sys; from pathlib import Path; from medimage.data.sources import extraction\n"
        "from medimage.data.sources.archive import extract_archive\n"
        "write = extraction._write\n"
        "def killed(member, *rest, **limits):\n"
        "    if member.name == '30.png': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return write(member, *rest, **limits)\n"
        "extraction._write = killed\n"
        "extract_archive(Path(sys.argv[1]), cache=Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, str(archive), str(tmp_path / "cache")]
    killed = subprocess.run(command, cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "cache").rglob("*.png"))) == 30
    root = extract_archive(archive, cache=tmp_path / "cache")
    assert len(files_of(root)) == 50
    assert len(list((tmp_path / "cache").rglob("*.png"))) == 50


def test_a_refused_archive_leaves_nothing(tmp_path: Path) -> None:
    archive = write(tmp_path / "images.zip", zip_bytes({**FILES, "../outside.png": b"x"}))
    for _ in range(2):
        with pytest.raises(DataError, match="leaves the folder"):
            extract_archive(archive, cache=tmp_path / "cache")
    assert list(tmp_path.rglob("*.png")) == []


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    archive = write(tmp_path / "images.zip", zip_bytes({"1.png": bytes(2**20)}))
    with pytest.raises(StorageError, match="Expected to write to"), files_limited_to(2**16):
        extract_archive(archive, cache=tmp_path / "cache")
    assert list(tmp_path.rglob("*.png")) == []


@pytest.mark.parametrize(("what", "message"), [("folder", "is a folder: use --data.source folder"), ("absent", "not")])
def test_a_path_that_is_no_file_is_told(what: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigurationError, match=message):
        extract_archive(tmp_path / what, cache=tmp_path / "cache")


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "images.zip", zip_bytes(FILES)).chmod(0)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError, match="Permission denied"):
        extract_archive(Path("images.zip"), cache=Path("cache"))


def test_a_cache_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "images.zip", zip_bytes(FILES)).chmod(0o644)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(StorageError, match="Permission denied"):
        extract_archive(Path("images.zip"), cache=Path("cache"))


def test_the_images_of_an_archive_are_those_of_its_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = make_class_folders(tmp_path / "packed" / "images", images=3)
    archive = shutil.make_archive(str(tmp_path / "images"), "gztar", tmp_path / "packed")
    inside = {"source": "archive", "path": archive, "archive": {"subfolder": "images"}}
    expected = open_source(DataConfig(source="folder", path=root), cache=tmp_path)
    with caplog.at_level(logging.INFO):
        for message in ("Unpacking", "Using the copy of"):
            caplog.clear()
            found = open_source(DataConfig.model_validate(inside), cache=tmp_path)
            assert [(each.name, each.image_id) for each in found.records()] == [
                (each.name, each.image_id) for each in expected.records()
            ]
            assert f"{message} {archive}" in caplog.text
    wrong = DataConfig.model_validate({**inside, "archive": {"subfolder": "pictures"}})
    with pytest.raises(ConfigurationError, match=r"'pictures', but images\.tar\.gz has only the folders \['images'\]"):
        open_source(wrong, cache=tmp_path)

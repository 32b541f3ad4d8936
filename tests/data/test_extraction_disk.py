"""What the disks refuse while an archive is unpacked is told as what it is: the archive is not blamed for it."""

import errno
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medimage.data.sources import extraction
from medimage.data.sources.archive_members import Member
from medimage.data.sources.extraction import extract
from medimage.data.sources.storage import new_file, write_all
from medimage.errors import DataError, StorageError
from tests.support.archives import MAKERS, zip_bytes
from tests.support.privileges import without_privileges

_UNREADABLE = Path("/proc/self/mem")
"""Linux refuses to read its first byte with an input/output error, as a bad sector does."""

_ON_A_DISK_OF_ITS_OWN = """
set -e
mount -t tmpfs -o size=256k disk "$1"
mkdir "$1/out"
if [ "$2" = read-only ]; then mount -o remount,ro "$1"; fi
exec "$3" -c '
import sys
from pathlib import Path
from medimage.data.sources.extraction import extract
from medimage.errors import MedimageError
try:
    extract(Path(sys.argv[1]), Path(sys.argv[2]))
except MedimageError as error:
    print(type(error).__name__, error)
' "$4" "$1/out"
"""


def told_on_a_small_disk(archive: Path, disk: Path, *, state: str) -> str:
    """Unpacks an archive to a real disk of 256 KiB and returns what is told."""
    own = ["unshare", "--user", "--map-root-user", "--mount"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*own, "mount", "-t", "tmpfs", "try", disk], check=False).returncode
    ):
        pytest.skip("mounting a disk is not permitted here")
    command = [*own, "sh", "-c", _ON_A_DISK_OF_ITS_OWN, "sh", disk, state, sys.executable, archive]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
@pytest.mark.parametrize(
    ("state", "words"), [("full", "No space left on device"), ("read-only", "Read-only file system")]
)
def test_a_disk_that_is_full_or_read_only_is_told_and_no_archive_is_called_damaged(
    form: str, state: str, words: str, tmp_path: Path
) -> None:
    archive, disk = tmp_path / "images", tmp_path / "disk"
    archive.write_bytes(MAKERS[form]({"ill/1.png": bytes(2**20)}))
    disk.mkdir()
    told = told_on_a_small_disk(archive, disk, state=state)
    assert told.startswith(f"StorageError Expected to write to {disk / 'out'}")
    assert words in told
    assert "MEDIMAGE_HOME" in told


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images.zip").write_bytes(zip_bytes({"1.png": b"x"}))
    (tmp_path / "images.zip").chmod(0o644)
    (tmp_path / "out").mkdir(mode=0o555)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(StorageError, match="Permission denied"):
        extract(Path("images.zip"), Path("out"))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "images.zip").write_bytes(zip_bytes({"1.png": b"x"}))
    with pytest.raises(StorageError, match="No such file or directory"):
        extract(tmp_path / "images.zip", tmp_path / "out")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_device_that_is_full_is_told() -> None:
    device = Path("/dev/full")
    with device.open("wb", buffering=0) as file, pytest.raises(StorageError, match="No space left on device"):
        write_all(device, file, b"x")


def test_what_is_there_already_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"mine")
    with pytest.raises(StorageError, match="File exists"), new_file(tmp_path / "1.png"):
        pass
    assert (tmp_path / "1.png").read_bytes() == b"mine"


@pytest.mark.skipif(not _UNREADABLE.exists(), reason="the system has no file that always fails to be read")
def test_an_archive_on_a_bad_disk_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, out = tmp_path / "images.zip", tmp_path / "out"
    archive.write_bytes(zip_bytes({"1.png": b"x"}))
    out.mkdir()

    @contextmanager
    def with_a_bad_sector(_path: Path, *, limit: int) -> Iterator[Iterator[Member]]:
        with _UNREADABLE.open("rb", buffering=0) as file:
            yield iter(
                [Member(name="1.png", is_folder=False, promised_bytes=limit, read=file.read, archive_position=0)]
            )

    monkeypatch.setattr(extraction, "open_members", with_a_bad_sector)
    with pytest.raises(DataError, match=r"read the archive .*images\.zip but the system says: Input/output") as caught:
        extract(archive, out)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EIO

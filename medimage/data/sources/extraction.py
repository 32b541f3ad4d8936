"""Unpacking an archive that nobody vouches for."""

import errno
import filecmp
import lzma
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from medimage.data.sources.archive_members import Member, open_members, require_archive
from medimage.data.sources.forward_reader import too_much
from medimage.data.sources.member_names import MemberNames, RefusedMemberError, shown
from medimage.data.sources.storage import new_file, on_disk, require_space, write_all
from medimage.errors import DataError
from medimage.progress import track_bytes

_CHUNK = 2**20
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    struct.error,
    # Headers that contradict each other: an offset that is no offset, a method that does not exist, text that is none.
    ValueError,
    OverflowError,
    IndexError,
    NotImplementedError,
)
_OFFSET_OUT_OF_BOUNDS = errno.EINVAL


@dataclass(frozen=True, kw_only=True)
class ExtractionLimits:
    """What an archive may hold, all counted on what really comes out of it.

    Attributes:
        ratio: Unpacked bytes per byte of the archive. Images compress 1 to 3 times, blank uncompressed ones some ten
            times, zeros 1,000 times.
        always_allowed: Unpacked bytes below which the ratio does not count.
        total: Unpacked bytes in all.
        members: Files and folders.
    """

    ratio: float = 100
    always_allowed: int = 256 * 2**20
    total: int = 2**40
    members: int = 5_000_000

    def __post_init__(self) -> None:
        if min(self.ratio, self.always_allowed, self.total, self.members) < 1:
            raise ValueError(f"Limits must be at least 1 but are {self}.")

    def bytes_for(self, archive_bytes: int) -> int:
        """Returns how many bytes an archive of so many may unpack to."""
        return min(self.total, max(self.always_allowed, int(self.ratio * archive_bytes)))


def extract(archive: Path, folder: Path, *, limits: ExtractionLimits | None = None, called: str | None = None) -> None:
    """Unpacks a zip or tar archive (plain, gzip, bzip2, xz) into an empty folder; archives inside stay files.

    What it has written when it raises is not to be used: call it inside `fill_once`.

    Args:
        archive: The archive; known by its content, not by its name.
        folder: The empty folder.
        limits: What the archive may hold.
        called: What the archive is called in messages; its path when not given.

    Raises:
        DataError: If it is no archive, damaged or cut off, a bomb, or has a member that must not be unpacked: a path
            leaving the folder, a link, a device, an encrypted file, a name that is taken, too long or not UTF-8.
        StorageError: If the folder cannot be written to, or the disk is too full.
    """
    limits, called = limits or ExtractionLimits(), called or str(archive)
    try:
        size = archive.stat().st_size
        require_archive(archive)
    except OSError as error:
        raise _unreadable(called, error) from error
    limit = limits.bytes_for(size)
    # Unpacked files are seldom smaller than their archive.
    require_space(folder, size, purpose="to unpack")
    try:
        with open_members(archive, limit=limit) as members:
            _unpack(members, folder, limits=limits, limit=limit, archive_bytes=size)
    except RefusedMemberError as error:
        raise DataError(
            f"The archive {called} {error}. It was refused, and nothing of it is used. Where you trust it, unpack it "
            "by hand, look at what it holds, and use --data.source folder --data.path FOLDER."
        ) from error
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and not _is_damage(error):
            raise _unreadable(called, error) from error
        raise DataError(
            f"The archive {called} is damaged or cut off: {error or type(error).__name__}. Nothing of it is used. Get "
            "it again, and compare its size and checksum with those of its source."
        ) from error


def _is_damage(error: OSError) -> bool:
    """Returns whether an error is that of a decompressor, which has no number, or of an offset that a file has not.

    All others are those of the disk that the archive lies on; what the folder's disk refuses is a `StorageError`.
    """
    return error.errno in (None, _OFFSET_OUT_OF_BOUNDS)


def _unreadable(called: str, error: OSError) -> DataError:
    return DataError(
        f"Expected to read the archive {called} but the system says: {error.strerror}. Nothing of it is used. Make it "
        "readable, or copy it to another disk, and start again."
    )


def _unpack(
    members: Iterator[Member], folder: Path, *, limits: ExtractionLimits, limit: int, archive_bytes: int
) -> None:
    names = MemberNames()
    left = limit
    with track_bytes(description="Unpacking", total=archive_bytes) as progress:
        for number, member in enumerate(members, start=1):
            if number > limits.members:
                raise RefusedMemberError(f"has more than {limits.members:,} members")
            # What a header promises is believed only where it is too much; what comes out is counted beside.
            if member.promised_bytes > left:
                raise RefusedMemberError(too_much(limit))
            place = names.place(member.name, is_folder=member.is_folder)
            if place.twin is None:
                left -= _write(member, folder / place.path, folder, left=left, limit=limit)
            else:
                left -= _write_twin(member, place.path, place.twin, folder, left=left, limit=limit)
            progress(member.archive_position)


def _write_twin(
    member: Member, path: PurePosixPath, twin: PurePosixPath, folder: Path, *, left: int, limit: int
) -> int:
    """Writes a member beside an earlier one that some disks take for the same file; refuses it unless both are equal.

    Data sets repeat whole folders in other letters, as the one of HAM10000 on Kaggle does.
    """
    beside = on_disk(folder, lambda: Path(tempfile.mkdtemp(dir=folder, prefix=".comparing")))
    copy = beside / "copy"
    written = _write(member, copy, folder, left=left, limit=limit)
    if not on_disk(folder, lambda: filecmp.cmp(copy, folder / twin, shallow=False)):
        raise RefusedMemberError(
            f"has the files {shown(str(twin))} and {shown(str(path))}, which differ, but are one file on disks "
            "where case does not count"
        )
    on_disk(folder, lambda: _move_unless_there(copy, folder / path))
    on_disk(folder, lambda: shutil.rmtree(beside))
    return written


def _move_unless_there(copy: Path, target: Path) -> None:
    # On a disk where both are one file it is there already.
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        copy.rename(target)


def _write(member: Member, path: Path, folder: Path, *, left: int, limit: int) -> int:
    """Writes a member and returns how many bytes it has; refuses it as soon as they are more than are `left`."""
    if member.is_folder:
        on_disk(folder, lambda: path.mkdir(parents=True, exist_ok=True))
        return 0
    on_disk(folder, lambda: path.parent.mkdir(parents=True, exist_ok=True))
    written = 0
    # Exclusively: nothing that is there already is ever followed or replaced.
    with new_file(path) as file:
        while chunk := member.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise RefusedMemberError(too_much(limit))
            write_all(path, file, chunk)
    return written

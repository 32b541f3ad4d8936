"""The members of a zip or tar archive, one after the other, whatever it is compressed with."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from medimage.data.sources.forward_reader import ForwardReader, too_much
from medimage.data.sources.joined_streams import JoinedStreams
from medimage.data.sources.member_names import RefusedMemberError, shown
from medimage.data.sources.zip_directory import behind_the_end, counts_members
from medimage.errors import DataError

_ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_SPECIAL_FILES = {stat.S_IFLNK: "link", stat.S_IFCHR: "device", stat.S_IFBLK: "device", stat.S_IFIFO: "pipe"}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1
_SEVERAL = (
    "goes on where it ends, as several archives in one file do, of which one would be read and the others lost without "
    "a word: join their images instead, in one folder or one archive"
)
_BLOCK = 512
"""Bytes of a block of a tar archive; one of zeros ends it (POSIX.1-2001, pax)."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file or folder of an archive.

    Attributes:
        name: Its name as the archive gives it.
        is_folder: Whether it is a folder.
        promised_bytes: Size of its content by its header, which may be wrong.
        read: Reads up to so many bytes of its content; nothing at its end.
        archive_position: Bytes of the archive up to its end, for a progress bar.
    """

    name: str
    is_folder: bool
    promised_bytes: int
    read: Callable[[int], bytes]
    archive_position: int


def is_archive(path: Path) -> bool:
    """Returns whether a file begins as a zip, a tar or a compressed file does."""
    with path.open("rb") as file:
        return _begins_an_archive(file.read(_BLOCK))


def require_archive(path: Path) -> None:
    """Refuses a file that does not begin as an archive does, without reading more of it.

    Raises:
        DataError: If it is no archive.
        OSError: If it cannot be read.
    """
    if not is_archive(path):
        raise DataError(
            f"Expected a zip or tar archive (plain, gzip, bzip2 or xz) but {path} begins as none of them. Pack the "
            "images again as one of these, or unpack them and use --data.source folder."
        )


def _begins_an_archive(content: bytes) -> bool:
    return content.startswith((*_ZIP_BEGINNINGS, _GZIP, _BZIP2, _XZ)) or content[257:262] == b"ustar"


@contextmanager
def open_members(path: Path, *, limit: int) -> Iterator[Iterator[Member]]:
    """Opens an archive by its content, not its name, and gives its members in their order.

    Each member must be read before the next one is asked for. The iterator ends where the archive is whole.

    Args:
        path: The archive.
        limit: Largest number of bytes that it may unpack to.

    Raises:
        RefusedMemberError: If it has a link, a device, or an encrypted member, holds too much, or another one follows.
    """
    with path.open("rb") as file:
        beginning = file.read(_BLOCK)
        file.seek(0)
        if beginning.startswith(_ZIP_BEGINNINGS):
            with zipfile.ZipFile(file) as archive:
                if not counts_members(file, len(archive.infolist())):
                    raise zipfile.BadZipFile("its directory has not as many members as it says")
                # Python looks for the directory from the end, and takes whatever lies before its members for granted.
                first = min((member.header_offset for member in archive.infolist()), default=archive.start_dir)
                if first > 0 or _begins_an_archive(behind_the_end(file)):
                    raise RefusedMemberError(_SEVERAL)
                yield _zip_members(archive, limit=limit)
            return
        yield _tar_members(ForwardReader(_decompressed(file, beginning), limit=limit), file)


def _decompressed(file: BinaryIO, beginning: bytes) -> BinaryIO:
    if beginning.startswith(_GZIP):
        return cast(BinaryIO, gzip.open(file))
    if beginning.startswith(_BZIP2):
        return cast(BinaryIO, JoinedStreams(file, bz2.BZ2Decompressor))
    if beginning.startswith(_XZ):
        return cast(BinaryIO, JoinedStreams(file, lzma.LZMADecompressor))
    return file


def _zip_members(archive: zipfile.ZipFile, *, limit: int) -> Iterator[Member]:
    members = archive.infolist()
    # Known beforehand only here, and believed only where it is too much: what comes out is counted by who reads it.
    if sum(member.file_size for member in members) > limit:
        raise RefusedMemberError(too_much(limit))
    for member in members:
        kind = _SPECIAL_FILES.get(stat.S_IFMT(member.external_attr >> 16))
        if kind:
            raise RefusedMemberError(f"has the {kind} {shown(member.filename)}, which is never unpacked")
        if member.flag_bits & _ENCRYPTED:
            raise RefusedMemberError(f"is encrypted: {shown(member.filename)} needs a password")
        if member.compress_type not in _METHODS:
            raise RefusedMemberError(
                f"has {shown(member.filename)} compressed by method {member.compress_type}, which cannot be read here"
            )
    for member in sorted(members, key=lambda member: member.header_offset):
        with archive.open(member) as content:
            # The name before a NUL is only a part of the one that the archive gives.
            yield Member(
                name=member.orig_filename,
                is_folder=member.is_dir(),
                promised_bytes=member.file_size,
                read=content.read,
                archive_position=member.header_offset + member.compress_size,
            )


def _tar_members(stream: ForwardReader, file: BinaryIO) -> Iterator[Member]:
    with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r:", encoding="utf-8") as archive:
        while (member := archive.next()) is not None:
            # The list of members so far is needed for links only, which are refused.
            cast(Any, archive).members = []
            if not (member.isfile() or member.isdir()):
                kind = "link" if member.issym() or member.islnk() else "device or special file"
                raise RefusedMemberError(f"has the {kind} {shown(member.name)}, which is never unpacked")
            content = archive.extractfile(member)
            yield Member(
                name=member.name,
                is_folder=member.isdir(),
                promised_bytes=member.size,
                read=content.read if content else lambda _: b"",
                archive_position=file.tell(),
            )
    if stream.last_read != bytes(_BLOCK):
        # `tarfile` takes the end of a file, and a damaged header, for the end of the archive.
        raise EOFError("its last block is missing")
    # To the end, where a compressed file has its checksum. Tools fill the last blocks with zeros.
    while rest := stream.read(2**20):
        if rest.count(0) != len(rest):
            raise RefusedMemberError(_SEVERAL)

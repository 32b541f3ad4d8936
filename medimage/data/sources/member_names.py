"""Which names of archive members may become files below a folder, on any disk."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

_LONGEST_COMPONENT = 255
"""Bytes of UTF-8 that ext4, XFS, APFS and NTFS take for the name of one file or folder."""

_LONGEST_NAME = 1000
"""Bytes of UTF-8 of a whole name; macOS takes paths of 1,024 bytes."""

_DRIVE = re.compile(r"^[A-Za-z]:")


class RefusedMemberError(Exception):
    """A member that must not be unpacked; the message is a clause that follows the name of the archive."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a member goes.

    Attributes:
        path: Its path relative to the folder.
        twin: Path of an earlier file that is the same one where case, or the composition of accents, does not count,
            as on the disks of macOS and Windows. Unless both hold the same, one of them would be lost there.
    """

    path: PurePosixPath
    twin: PurePosixPath | None = None


class MemberNames:
    """The members of one archive so far: each lies below the folder, and no two have the same name."""

    def __init__(self) -> None:
        self._files: dict[str, PurePosixPath] = {}
        self._exact: set[PurePosixPath] = set()
        self._folders: dict[str, str] = {}

    def place(self, name: str, *, is_folder: bool) -> Place:
        """Returns where a member goes.

        Args:
            name: The member's name as the archive gives it, with `/` between folders.
            is_folder: Whether the member is a folder.

        Raises:
            RefusedMemberError: If the name leaves the folder, cannot be a file's name, or is taken.
        """
        place = _safe_path(name)
        for parent in place.parents[:-1]:
            self._claim_folder(parent, name)
        if is_folder:
            if place.parts:
                self._claim_folder(place, name)
            return Place(path=place)
        if not place.parts:
            raise RefusedMemberError(f"has a file with the name {shown(name)}, which names no file")
        return Place(path=place, twin=self._claim_file(place, name))

    def _claim_folder(self, place: PurePosixPath, name: str) -> None:
        key = _same_on_any_disk(place)
        if key in self._files:
            raise RefusedMemberError(f"has {shown(str(self._files[key]))} as a file and as a folder, for {shown(name)}")
        self._folders.setdefault(key, name)

    def _claim_file(self, place: PurePosixPath, name: str) -> PurePosixPath | None:
        key = _same_on_any_disk(place)
        if key in self._folders:
            raise RefusedMemberError(f"has {shown(name)} as a file and as a folder, for {shown(self._folders[key])}")
        if place in self._exact:
            raise RefusedMemberError(f"has the file {shown(name)} twice")
        self._exact.add(place)
        first = self._files.setdefault(key, place)
        return None if first == place else first


def shown(name: str) -> str:
    """Returns a member's name for a message: quoted, escaped and short."""
    quoted = ascii(name) if any(not letter.isprintable() for letter in name) else repr(name)
    return quoted if len(quoted) <= 120 else f"{quoted[:100]}… ({len(name)} characters)"


def _safe_path(name: str) -> PurePosixPath:
    try:
        length = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        # Python keeps bytes that are no UTF-8 as lone surrogates, which no other program would find again.
        raise RefusedMemberError(f"has the name {shown(name)}, which is not UTF-8") from None
    if name.startswith("/") or _DRIVE.match(name):
        raise RefusedMemberError(f"has the absolute path {shown(name)}, which leaves the folder it is unpacked into")
    if "\\" in name:
        raise RefusedMemberError(f"has the name {shown(name)}, whose backslash leaves the folder on some systems")
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise RefusedMemberError(f"has the name {shown(name)}, which holds a control character")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise RefusedMemberError(f"has the path {shown(name)}, which leaves the folder it is unpacked into")
    if length > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_COMPONENT for part in parts):
        raise RefusedMemberError(
            f"has the name {shown(name)}, which is too long: a name may have {_LONGEST_COMPONENT} bytes, and with its "
            f"folders {_LONGEST_NAME}"
        )
    return PurePosixPath(*parts)


def _same_on_any_disk(place: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(place)).casefold())

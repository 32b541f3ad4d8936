"""Which names of archive members may become files below a folder, on any disk."""

import re
import unicodedata
from pathlib import PurePosixPath

_LONGEST_COMPONENT = 255
"""Bytes of UTF-8 that ext4, XFS, APFS and NTFS take for the name of one file or folder."""

_LONGEST_NAME = 1000
"""Bytes of UTF-8 of a whole name; macOS takes paths of 1,024 bytes."""

_DRIVE = re.compile(r"^[A-Za-z]:")


class RefusedMemberError(Exception):
    """A member that must not be unpacked; the message is a clause that follows the name of the archive."""


class MemberNames:
    """The members of one archive so far: each lies below the folder, and no two would be one file.

    Two names also collide where they differ only in case or in the composition of accents: on the disks of macOS and
    Windows the later file would replace the earlier one, and an image would be lost in silence.
    """

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def place(self, name: str, *, is_folder: bool) -> PurePosixPath:
        """Returns where a member goes, relative to the folder.

        Args:
            name: The member's name as the archive gives it, with `/` between folders.
            is_folder: Whether the member is a folder.

        Raises:
            RefusedMemberError: If the name leaves the folder, cannot be a file's name, or collides with another.
        """
        place = _safe_path(name)
        for parent in place.parents[:-1]:
            self._claim_folder(parent, name)
        if is_folder:
            if place.parts:
                self._claim_folder(place, name)
        elif not place.parts:
            raise RefusedMemberError(f"has a file with the name {shown(name)}, which names no file")
        else:
            self._claim_file(place, name)
        return place

    def _claim_folder(self, place: PurePosixPath, name: str) -> None:
        key = _same_on_any_disk(place)
        if key in self._files:
            raise RefusedMemberError(f"has {shown(self._files[key])} as a file and as a folder, for {shown(name)}")
        self._folders.setdefault(key, name)

    def _claim_file(self, place: PurePosixPath, name: str) -> None:
        key = _same_on_any_disk(place)
        if key in self._folders:
            raise RefusedMemberError(f"has {shown(name)} as a file and as a folder, for {shown(self._folders[key])}")
        if key in self._files:
            first = self._files[key]
            how = "twice" if first == name else f"and {shown(first)}, which are one file where case does not count"
            raise RefusedMemberError(f"has the file {shown(name)} {how}")
        self._files[key] = name


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

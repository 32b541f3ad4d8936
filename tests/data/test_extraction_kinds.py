"""Members of an archive that are no plain files."""

import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.archives import folder_or_file, tar_of, zip_bytes, zip_of_infos
from tests.support.unpacking import refusal


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, b"Z"]
)
@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.png", "ill/1.png"])
def test_links_devices_and_unknown_kinds_in_a_tar_are_refused(kind: bytes, target: str, tmp_path: Path) -> None:
    info = tarfile.TarInfo("ill/2.png")
    info.type, info.linkname = kind, target
    first = (folder_or_file("ill/1.png", b"x"), b"x")
    assert "never unpacked" in refusal(tar_of([first, (info, b"")]), tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK])
def test_links_and_devices_in_a_zip_are_refused(kind: int, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("ill/2.png")
    info.external_attr = (kind | 0o777) << 16
    assert "never unpacked" in refusal(zip_of_infos([(info, b"/etc/passwd")]), tmp_path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"1.png": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert "needs a password" in refusal(bytes(content), tmp_path)


def test_a_method_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"1.png": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.index(signature) + offset, 9)
    assert "method 9" in refusal(bytes(content), tmp_path)

import io
import os
import random
import stat
import struct
import tarfile
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.sources.extraction import ExtractionLimits, extract
from medimage.errors import DataError, StorageError
from tests.support.archives import (
    MAKERS,
    Maker,
    folder_or_file,
    gzip_with_zeros,
    header,
    tar_bytes,
    tar_of,
    zip_bytes,
    zip_of_zeros,
)
from tests.support.disk import files_limited_to

FILES = {
    "ill/Ångström 1.png": b"first",
    "ill/two words.png": bytes(range(256)) * 20,
    "ill/empty.png": b"",
    "well/deeper/3.png": b"third",
    "well/inside.zip": zip_bytes({"4.png": b"fourth"}),
}
GIGABYTE = 2**30
SMALL = ExtractionLimits(always_allowed=2**20, ratio=10)
both = pytest.mark.parametrize("make", [zip_bytes, tar_bytes], ids=["zip", "tar"])


def unpacked(content: bytes, folder: Path, limits: ExtractionLimits | None = None) -> dict[str, bytes]:
    """Unpacks an archive into `folder/out`, and returns its files; nothing may appear beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, out = folder / "archive", folder / "out"
    archive.write_bytes(content)
    out.mkdir()
    try:
        extract(archive, out, limits=limits)
    finally:
        assert {path.name for path in folder.iterdir()} == {"archive", "out"}
        assert not any(path.is_symlink() for path in out.rglob("*"))
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def refusal(content: bytes, folder: Path, limits: ExtractionLimits | None = None) -> str:
    with pytest.raises(DataError) as caught:
        unpacked(content, folder, limits)
    message = str(caught.value)
    assert str(folder / "archive") in message
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_every_format_gives_the_files_that_were_packed_and_archives_inside_stay_files(
    make: Maker, tmp_path: Path
) -> None:
    assert unpacked(make({"ill/": b"", "nothing/": b"", **FILES}), tmp_path) == FILES
    assert (tmp_path / "out" / "nothing").is_dir()


@both
def test_names_that_begin_with_the_folder_itself_are_taken(make: Maker, tmp_path: Path) -> None:
    assert unpacked(make({"./": b"", "./ill//1.png": b"x"}), tmp_path) == {"ill/1.png": b"x"}


@both
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


@both
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


@both
def test_a_folder_that_is_repeated_in_other_letters_with_the_same_images_is_taken(make: Maker, tmp_path: Path) -> None:
    files = {
        f"{folder}/{number}.jpg": bytes([number]) * 9 for folder in ("HAM_part_1", "ham_part_1") for number in (1, 2)
    }
    assert unpacked(make(files), tmp_path) == files
    third = {**files, "Ham_Part_1/1.jpg": b"other"}
    assert "'HAM_part_1/1.jpg' and 'Ham_Part_1/1.jpg', which differ" in refusal(make(third), tmp_path / "other")


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = tar_of([(folder_or_file("1.png", b"x"), b"x")] * 2)
    assert "has the file '1.png' twice" in refusal(twice, tmp_path / "tar")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zip_of_infos([(zipfile.ZipInfo("1.png"), b"x"), (zipfile.ZipInfo("1.png"), b"y")])
    assert "has the file '1.png' twice" in refusal(twice, tmp_path / "zip")


def zip_of_infos(members: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return buffer.getvalue()


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


@pytest.mark.parametrize(
    "bomb",
    [
        zip_of_zeros(10 * GIGABYTE, promised=10 * GIGABYTE),
        gzip_with_zeros(header("zeros.png", 10 * GIGABYTE), 10 * GIGABYTE),
    ],
    ids=["zip", "tar.gz"],
)
def test_ten_gigabytes_of_zeros_are_refused_at_once(bomb: bytes, tmp_path: Path) -> None:
    begun = time.monotonic()
    assert "unpacks to more than" in refusal(bomb, tmp_path)
    assert time.monotonic() - begun < 5
    assert not list((tmp_path / "out").iterdir())


def test_a_bomb_of_many_files_is_refused_when_so_much_has_come_out_of_it(tmp_path: Path) -> None:
    files = {f"{number}.png": bytes(2**18) for number in range(40)}
    for name, most in (("zip", 0), ("tar.gz", 2**20)):
        assert "unpacks to more than 1 MB" in refusal(MAKERS[name](files), tmp_path / name, SMALL)
        assert sum(path.stat().st_size for path in (tmp_path / name / "out").iterdir()) <= most


def test_a_file_that_holds_more_than_its_header_promises_is_refused(tmp_path: Path) -> None:
    assert "damaged" in refusal(zip_of_zeros(2**27, promised=1000), tmp_path)


def test_a_bomb_in_a_name_is_refused_without_holding_it_in_memory(tmp_path: Path) -> None:
    bomb = gzip_with_zeros(header("././@LongLink", 10 * GIGABYTE, tarfile.GNUTYPE_LONGNAME), 10 * GIGABYTE)
    assert "which no file's name needs" in refusal(bomb, tmp_path)


def test_a_bomb_behind_the_end_is_refused(tmp_path: Path) -> None:
    bomb = gzip_with_zeros(tar_bytes({"1.png": b"x"}), GIGABYTE)
    assert "unpacks to more than" in refusal(bomb, tmp_path, SMALL)


def test_a_bomb_in_a_sparse_file_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("zeros.png")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10 * GIGABYTE), "GNU.sparse.name": "zeros.png"}
    info.size = 1
    assert "unpacks to more than" in refusal(tar_of([(info, b"x")]), tmp_path)


@both
def test_too_many_members_are_refused(make: Maker, tmp_path: Path) -> None:
    files = {f"{number}/": b"" for number in range(4)}
    assert "more than 3 members" in refusal(make(files), tmp_path, ExtractionLimits(members=3))


@both
def test_what_compresses_well_but_is_small_is_taken(make: Maker, tmp_path: Path) -> None:
    assert unpacked(make({"blank.dcm": bytes(2**24)}), tmp_path) == {"blank.dcm": bytes(2**24)}


@pytest.mark.parametrize(
    "content", [b"", b"P", b"<html>Log in", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", bytes(9999)]
)
def test_what_is_no_archive_is_told(content: bytes, tmp_path: Path) -> None:
    assert "Expected a zip or tar archive" in refusal(content, tmp_path)


@pytest.mark.parametrize("name", MAKERS)
def test_an_archive_cut_off_at_any_byte_is_refused(name: str, tmp_path: Path) -> None:
    content = MAKERS[name]({"ill/1.png": b"first", "well/2.png": b"second"})
    # A tar has two blocks of zeros at its end, of which one is enough.
    shortest = len(content) - 512 if name == "tar" else len(content)
    for length in range(0, shortest, 1 if len(content) < 1000 else 7):
        refusal(content[:length], tmp_path / str(length))


@pytest.mark.parametrize("name", MAKERS)
def test_an_archive_with_any_byte_spoilt_is_refused_or_loses_nothing(name: str, tmp_path: Path) -> None:
    files = {"ill/1.png": b"first", "well/2.png": b"second"}
    content = MAKERS[name](files)
    generator = random.Random(0)
    for number in range(500):
        spoilt = bytearray(content)
        for _ in range(generator.choice((1, 1, 2, 8))):
            spoilt[generator.randrange(len(content))] = generator.randrange(256)
        result = unpacked_or_refused(bytes(spoilt), tmp_path / str(number))
        if name == "tar" and result is not None:
            # A plain tar has no checksum of its files.
            assert len(result) == len(files)
        else:
            assert result in (None, files)


def unpacked_or_refused(content: bytes, folder: Path) -> dict[str, bytes] | None:
    try:
        return unpacked(content, folder, SMALL)
    except DataError:
        return None


@settings(max_examples=150, deadline=None)
@given(
    beginning=st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b""]),
    rest=st.binary(max_size=1500),
)
def test_random_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, beginning: bytes, rest: bytes) -> None:
    assert not unpacked_or_refused(beginning + rest, tmp_path_factory.mktemp("random"))


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


@pytest.mark.parametrize("field", ["ratio", "always_allowed", "total", "members"])
def test_limits_that_allow_nothing_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ExtractionLimits(**{field: 0})

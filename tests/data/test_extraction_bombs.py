"""Archives that unpack to far more than they are."""

import tarfile
from pathlib import Path

import pytest

from medimage.data.sources.extraction import ExtractionLimits
from tests.support.archives import MAKERS, Maker, gzip_with_zeros, header, tar_bytes, tar_of, zip_of_zeros
from tests.support.unpacking import SMALL, refusal, unpacked, zip_and_tar

GIGABYTE = 2**30


@pytest.mark.parametrize(
    "bomb",
    [
        zip_of_zeros(10 * GIGABYTE, promised=10 * GIGABYTE),
        gzip_with_zeros(header("zeros.png", 10 * GIGABYTE), 10 * GIGABYTE),
    ],
    ids=["zip", "tar.gz"],
)
def test_ten_gigabytes_of_zeros_are_refused_before_any_is_unpacked(bomb: bytes, tmp_path: Path) -> None:
    # Who unpacks this one finds damage before too many bytes.
    spoilt = bomb[:1000] + b"\xff" * (len(bomb) - 2000) + bomb[-1000:]
    for name, content in (("zeros", bomb), ("spoilt", spoilt)):
        assert "unpacks to more than" in refusal(content, tmp_path / name)
        assert not list((tmp_path / name / "out").iterdir())


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


@zip_and_tar
def test_too_many_members_are_refused(make: Maker, tmp_path: Path) -> None:
    files = {f"{number}/": b"" for number in range(4)}
    assert "more than 3 members" in refusal(make(files), tmp_path, ExtractionLimits(members=3))


@zip_and_tar
def test_what_compresses_well_but_is_small_is_taken(make: Maker, tmp_path: Path) -> None:
    assert unpacked(make({"blank.dcm": bytes(2**24)}), tmp_path) == {"blank.dcm": bytes(2**24)}


@pytest.mark.parametrize("field", ["ratio", "always_allowed", "total", "members"])
def test_limits_that_allow_nothing_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ExtractionLimits(**{field: 0})

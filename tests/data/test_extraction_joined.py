"""Archives joined into one file, of which a reader sees the first or the last."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import MAKERS
from tests.support.unpacking import refusal, unpacked_or_refused

FIRST, SECOND = {"ill/1.png": b"first"}, {"well/2.png": b"second" * 99}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("other", MAKERS)
def test_a_second_archive_behind_the_first_is_refused(name: str, other: str, tmp_path: Path) -> None:
    told = refusal(MAKERS[name](FIRST) + MAKERS[other](SECOND), tmp_path)
    assert "othing of it is used" in told
    if name == other:
        assert "several archives in one file" in told
        assert "in one folder or one archive" in told


@pytest.mark.parametrize("name", MAKERS)
def test_an_empty_archive_behind_or_before_another_loses_nothing(name: str, tmp_path: Path) -> None:
    full, empty = MAKERS[name](FIRST), MAKERS[name]({})
    for number, content in enumerate((full + empty, empty + full)):
        assert unpacked_or_refused(content, tmp_path / str(number)) in (None, FIRST)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("zeros", [512, 9_000, 30_000])
def test_zeros_behind_an_archive_are_padding(name: str, zeros: int, tmp_path: Path) -> None:
    assert unpacked_or_refused(MAKERS[name](FIRST) + bytes(zeros), tmp_path) == FIRST


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_one_archive_in_several_compressed_streams_is_read_whole(
    compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    files = {f"ill/{number}.png": random.Random(number).randbytes(700_000) for number in range(3)}
    content = MAKERS["tar"](files)
    streams = [compress(content[start : start + 300_000]) for start in range(0, len(content), 300_000)]
    assert unpacked_or_refused(b"".join(streams), tmp_path / "whole") == files
    assert unpacked_or_refused(b"".join(streams[:-1]), tmp_path / "short") is None
    assert unpacked_or_refused(b"".join(streams) + b"more", tmp_path / "more") is None

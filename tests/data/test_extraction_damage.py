import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.archives import MAKERS
from tests.support.unpacking import refusal, unpacked_or_refused


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


@settings(max_examples=150, deadline=None)
@given(
    beginning=st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b""]),
    rest=st.binary(max_size=1500),
)
def test_random_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, beginning: bytes, rest: bytes) -> None:
    assert not unpacked_or_refused(beginning + rest, tmp_path_factory.mktemp("random"))

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.serving.preprocessing import RefusalReason
from tests.support.image_formats import LOSSLESS, LOSSY, WITHOUT_PILLOW_WARNINGS, png_header
from tests.support.image_refusals import (
    assert_refused_or_decoded_however_damaged,
    assert_refused_or_whole_wherever_cut,
    decoded_silently,
    decoded_unless_refused,
    refusal,
)

pytestmark = WITHOUT_PILLOW_WARNINGS


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_file_cut_short_anywhere_is_refused_or_whole(name: str) -> None:
    assert_refused_or_whole_wherever_cut((LOSSLESS | LOSSY)[name])


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_damaged_file_is_refused_or_decoded(name: str) -> None:
    assert_refused_or_decoded_however_damaged((LOSSLESS | LOSSY)[name], seed=7)


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"RIFF\x10\0\0\0WEBP", b"BM"]),
    rest=st.binary(max_size=200),
)
def test_random_bytes_give_pixels_or_a_refusal_with_its_reason(start: bytes, rest: bytes) -> None:
    pixels = decoded_unless_refused(start + rest)
    assert pixels is None or (pixels.dtype, pixels.shape[2]) == (np.uint8, 3)


def test_warnings_and_log_of_pillow_never_leak(tmp_path: Path) -> None:
    tiff = bytearray(LOSSLESS["tiff"])
    samples_per_pixel = bytes(tiff).index(struct.pack("<HH", 277, 3))
    tiff[samples_per_pixel + 8 : samples_per_pixel + 10] = struct.pack("<H", 3000)
    (tmp_path / "logs.tiff").write_bytes(tiff)
    (tmp_path / "warns.png").write_bytes(png_header(100_000, 1000))
    assert decoded_silently(tmp_path, has_log=False) == ["logs.tiff damaged", "warns.png too_many_pixels"]


@pytest.mark.parametrize("name", ["tiff_lzw", "tiff_deflate"])
def test_what_libtiff_says_of_damaged_files_never_leaks(name: str, tmp_path: Path) -> None:
    whole = LOSSLESS[name]
    for start in range(8, len(whole) - 300, len(whole) // 12):
        (tmp_path / f"{start:05}.tiff").write_bytes(whole[:start] + bytes(200) + whole[start + 200 :])
    assert any(line.endswith("damaged") for line in decoded_silently(tmp_path, has_log=False))


def test_a_negative_width_is_damage_and_no_size() -> None:
    bmp = bytearray(LOSSLESS["bmp"])
    bmp[18:22] = struct.pack("<i", -20)
    assert refusal(bytes(bmp)).reason is RefusalReason.DAMAGED

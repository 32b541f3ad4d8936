import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.serving.preprocessing import ImageRefusedError, decode_image
from tests.support.image_formats import LOSSLESS, LOSSY, WITHOUT_PILLOW_WARNINGS, png_header
from tests.support.image_refusals import decoded_unless_refused

pytestmark = WITHOUT_PILLOW_WARNINGS


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_file_cut_short_anywhere_is_refused_or_whole(name: str) -> None:
    data = (LOSSLESS | LOSSY)[name]
    whole = decode_image(data, color_mode="gray")
    for length in range(len(data)):
        try:
            decoded = decode_image(data[:length], color_mode="gray")
        except ImageRefusedError:
            continue
        # What follows the pixels, such as the last chunk of a PNG, may be missing; a pixel may not.
        np.testing.assert_array_equal(decoded, whole)


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_damaged_file_is_refused_or_decoded(name: str) -> None:
    generator = random.Random(7)
    for _ in range(150):
        data = bytearray((LOSSLESS | LOSSY)[name])
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            decoded = decode_image(bytes(data), color_mode="gray")
        except ImageRefusedError:
            continue
        assert decoded.dtype == np.uint8
        assert decoded.shape[2] == 1


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
    program = """
import sys
from pathlib import Path
from medimage.serving.preprocessing import ImageRefusedError, decode_image
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        decode_image(file.read_bytes(), color_mode="gray")
    except ImageRefusedError as error:
        print(file.name, error.reason)
"""
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.split("\n")[:2] == ["logs.tiff damaged", "warns.png too_many_pixels"]
    assert result.stderr == ""

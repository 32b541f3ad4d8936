"""PNG files that state more rows than they hold."""

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from medimage.serving.preprocessing import ImageRefusedError, RefusalReason, decode_image

# Bit depths by colour type (PNG, third edition, table 11.1), up to 8 bits.
KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (3, 1), (3, 8)]
SAMPLES = {0: 1, 2: 3, 3: 1}


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@dataclass(frozen=True)
class Stated:
    """What the header of a file states."""

    width: int
    height: int
    color_type: int
    depth: int
    interlaced: bool

    @property
    def size(self) -> int:
        """Bytes that such a file decompresses to, from the number of pixels in each pass, counted one by one."""
        bits = SAMPLES[self.color_type] * self.depth
        if not self.interlaced:
            return self.height * (1 + (self.width * bits + 7) // 8)
        pattern = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
        total = 0
        for number in "1234567":
            for row in range(self.height):
                columns = sum(pattern[row % 8][column % 8] == number for column in range(self.width))
                total += 1 + (columns * bits + 7) // 8 if columns else 0
        return total

    def file(self, lines: bytes, *, parts: int) -> bytes:
        """Returns a file of these lines, whatever it states, in so many chunks."""
        header = struct.pack(">IIBBBBB", self.width, self.height, self.depth, self.color_type, 0, 0, self.interlaced)
        palette = chunk(b"PLTE", bytes(range(1, 255)) + bytes(2 + 3 * 171)) if self.color_type == 3 else b""
        packed = zlib.compress(lines)
        size = -(-len(packed) // parts)
        content = b"".join(chunk(b"IDAT", packed[start : start + size]) for start in range(0, len(packed), size))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + content + chunk(b"IEND", b"")


FILES = st.builds(
    lambda kind, width, height, interlaced: Stated(width, height, *kind, interlaced),
    st.sampled_from(KINDS),
    st.integers(16, 40),
    st.integers(16, 40),
    st.booleans(),
)


@settings(deadline=None, max_examples=200)
@given(stated=FILES, lacking=st.floats(0, 1), fill=st.sampled_from([0, 85]), parts=st.integers(1, 4))
def test_a_file_is_refused_where_it_lacks_rows_and_only_there(
    stated: Stated, lacking: float, fill: int, parts: int
) -> None:
    # Each line begins with its filter, which must be 0, and only lines of zeros are simple in every pass.
    line = b"\0" + bytes([fill]) * (stated.size // stated.height - 1)
    lines = bytes(stated.size) if stated.interlaced else line * stated.height
    assert decode_image(stated.file(lines, parts=parts), color_mode="gray").shape == (stated.height, stated.width, 1)
    held = int(stated.size * lacking)
    if held < stated.size:
        with pytest.raises(ImageRefusedError) as refused:
            decode_image(stated.file(lines[:held], parts=parts), color_mode="gray")
        assert refused.value.reason is RefusalReason.DAMAGED


def test_a_black_border_is_no_missing_row() -> None:
    pixels = np.full((40, 40), 99, np.uint8)
    pixels[-3:] = 0
    for options in ({}, {"optimize": True}, {"bits": 4}):
        buffer = io.BytesIO()
        Image.fromarray(pixels // 17 if options.get("bits") else pixels).save(buffer, "PNG", **options)  # type: ignore[arg-type]
        assert not decode_image(buffer.getvalue(), color_mode="gray")[-3:].any()

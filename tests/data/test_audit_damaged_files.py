"""Every file that a folder can hold becomes a row with a reason or an image, and never an error."""

import io
import struct
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.audit.exclusion import Exclusion, ExclusionCategory, categories
from medimage.data.audit.look import Look, look_at
from medimage.data.image_record import ImageHeader, ImageRecord, read_header
from medimage.data.image_table import ImageTable
from tests.support.images import encode, textured

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

FORMATS = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "webp": "WEBP", "bmp": "BMP"}
UNREADABLE = {ExclusionCategory.EMPTY, ExclusionCategory.NOT_AN_IMAGE, ExclusionCategory.DAMAGED}
SIDE = 30_000


def look(encoded: bytes) -> Look:
    return look_at(encoded, color_mode="gray", maximum_aspect_ratio=5)


def category(encoded: bytes) -> ExclusionCategory | None:
    found = look(encoded).exclusion
    return None if found is None else found.category


def audit(files: dict[str, bytes]) -> DataAudit:
    records = [
        ImageRecord(name=name, encoded=encoded, label="ab"[i % 2]) for i, (name, encoded) in enumerate(files.items())
    ]
    table = ImageTable.write(records, classes=("a", "b"), files_found=len(files))
    return audit_images(table, AuditConfig(), color_mode="gray")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_at_any_byte_is_left_out_or_shows_what_the_whole_one_does(suffix: str) -> None:
    whole = encode(textured(1, size=20), FORMATS[suffix])
    assert category(whole) is None
    for length in range(len(whole)):
        found = look(whole[:length])
        if found.exclusion is None:
            # Only what stands after the pixels may be missing unseen, such as an end mark.
            assert found.thumbnail.tolist() == look(whole).thumbnail.tolist(), length
        else:
            assert found.exclusion.category in UNREADABLE, length


def test_files_cut_at_any_byte_are_all_accounted_for() -> None:
    whole = {suffix: encode(textured(1, size=20), name) for suffix, name in FORMATS.items()}
    files = {
        f"{length:04d}.{suffix}": encoded[:length]
        for suffix, encoded in whole.items()
        for length in range(0, len(encoded), 29)
    }
    found = audit(files)
    assert len(found.usable) + len(found.quarantine) == len(files) == found.files_found
    categories = {Exclusion.parse(reason).category for reason in found.quarantine["reason"]}
    assert categories <= UNREADABLE | {ExclusionCategory.EXACT_DUPLICATE, ExclusionCategory.CONTRADICTING_LABELS}


@settings(deadline=None, max_examples=60)
@given(
    start=st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"II*\x00",
            b"MM\x00*",
            b"RIFF\x00\x00\x00\x00WEBP",
            b"BM",
            b"GIF89a",
        ]
    ),
    rest=st.binary(max_size=400),
)
def test_random_bytes_are_left_out_with_a_reason(start: bytes, rest: bytes) -> None:
    assert category(start + rest) is not None


@settings(deadline=None, max_examples=80)
@given(
    suffix=st.sampled_from(sorted(FORMATS)),
    places=st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    seed=st.integers(0, 255),
)
def test_a_file_with_changed_bytes_is_excluded_or_measured(suffix: str, places: list[int], seed: int) -> None:
    encoded = bytearray(encode(textured(2, size=24), FORMATS[suffix]))
    for place in places:
        encoded[place % len(encoded)] ^= (seed + place) % 255 + 1
    found = look(bytes(encoded))
    assert (found.exclusion is not None) or np.isfinite(found.intensities.mean)


def huge(suffix: str) -> bytes:
    """Returns a file whose header announces 30,000 x 30,000 pixels and that holds next to none."""
    if suffix == "png":
        header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
        chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
        body = [
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(body)
    encoded = bytearray(encode(textured(1, size=48), FORMATS[suffix]))
    if suffix == "jpg":
        place = encoded.index(b"\xff\xc0") + 5
        encoded[place : place + 4] = struct.pack(">HH", SIDE, SIDE)
    elif suffix == "bmp":
        encoded[18:26] = struct.pack("<ii", SIDE, SIDE)
    elif suffix == "webp":
        buffer = io.BytesIO()
        Image.fromarray(textured(1, size=48)).convert("RGB").save(buffer, "WEBP", lossless=True)
        encoded = bytearray(buffer.getvalue())
        # A lossless stream holds both sides less one in 14 bits each: 16,384 is the most that WebP can announce.
        bits = int.from_bytes(encoded[21:25], "little") >> 28 << 28 | 16383 << 14 | 16383
        encoded[21:25] = bits.to_bytes(4, "little")
    else:
        for tag in (256, 257):
            place = (
                encoded.index(struct.pack("<HH", tag, 3))
                if struct.pack("<HH", tag, 3) in encoded
                else encoded.index(struct.pack("<HH", tag, 4))
            )
            encoded[place : place + 12] = struct.pack("<HHII", tag, 4, 1, SIDE)
    return bytes(encoded)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_header_of_hundreds_of_megapixels_is_refused_before_any_pixel(suffix: str) -> None:
    assert category(huge(suffix)) is ExclusionCategory.TOO_LARGE


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_size_of_hundreds_of_megapixels_is_recorded_all_the_same(suffix: str) -> None:
    # Pillow tells nothing of such a WebP.
    expected = ImageHeader(0, 0, "") if suffix == "webp" else ImageHeader(SIDE, SIDE, "L")
    assert read_header(huge(suffix)) == expected


def animated(format_name: str) -> bytes:
    frames = [Image.fromarray(textured(seed)) for seed in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format_name, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def in_mode(mode: str, format_name: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(textured(1)).convert(mode).save(buffer, format_name)
    return buffer.getvalue()


def transparent() -> bytes:
    pixels = np.dstack([textured(1)] * 3 + [np.full((48, 48), 128, np.uint8)])
    return encode(pixels)


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (b"", ExclusionCategory.EMPTY),
        (b"<html>404</html>", ExclusionCategory.NOT_AN_IMAGE),
        (animated("GIF"), ExclusionCategory.NOT_AN_IMAGE),
        (encode(textured(1))[:-30], ExclusionCategory.DAMAGED),
        (animated("WEBP"), ExclusionCategory.SEVERAL_FRAMES),
        (animated("TIFF"), ExclusionCategory.SEVERAL_FRAMES),
        (in_mode("CMYK", "JPEG"), ExclusionCategory.UNSUPPORTED_COLOURS),
        (encode(textured(1).astype(np.uint16) * 257), ExclusionCategory.DEEP_SAMPLES),
        (encode(textured(1).astype(np.float32), "TIFF"), ExclusionCategory.DEEP_SAMPLES),
        (transparent(), ExclusionCategory.TRANSPARENT),
        (encode(textured(1, size=9)), ExclusionCategory.TOO_SMALL),
        (encode(np.tile(textured(1), (1, 6))), ExclusionCategory.EXTREME_SHAPE),
        (encode(np.full((48, 48, 3), (200, 10, 90), np.uint8)), ExclusionCategory.BLANK),
    ],
    ids=lambda value: value.value if isinstance(value, ExclusionCategory) else "",
)
def test_each_kind_of_unusable_file_has_its_category(encoded: bytes, expected: ExclusionCategory) -> None:
    assert category(encoded) is expected


def test_an_exclusion_reads_back_as_it_was_written() -> None:
    for kind in ExclusionCategory:
        exclusion = Exclusion(category=kind, words="1:2, more: words")
        assert Exclusion.parse(str(exclusion)) == exclusion
    with pytest.raises(ValueError, match="words"):
        Exclusion(category=ExclusionCategory.BLANK, words=" ")


def test_the_categories_of_a_table_of_reasons_are_those_that_were_written() -> None:
    written = ["", *(str(Exclusion(category=kind, words="1:2, more: words")) for kind in ExclusionCategory)]
    reasons = pd.Series([*written, *written], index=range(7, 7 + 2 * len(written)))
    found = categories(reasons)
    assert found.tolist() == 2 * ["", *(kind.value for kind in ExclusionCategory)]
    assert found.index.equals(reasons.index)
    assert categories(reasons[:0]).empty
    with pytest.raises(ValueError, match="moved"):
        categories(pd.Series(["moved: elsewhere"]))


@pytest.mark.parametrize("plugin", ["AVIF", "DDS"])
def test_a_damaged_file_of_a_format_that_is_never_read_is_no_image(plugin: str) -> None:
    # Left to itself, Pillow opens these whatever their names, and raises errors of its readers' own.
    header = {"AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "DDS": b"DDS \x7c\0\0\0" + bytes(120)}[plugin]
    look = look_at(header + bytes(200), color_mode="gray", maximum_aspect_ratio=5)
    assert look.exclusion is not None
    assert look.exclusion.category is ExclusionCategory.NOT_AN_IMAGE
    assert read_header(header + bytes(200)) == ImageHeader(0, 0, "")

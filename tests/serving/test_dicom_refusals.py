import random
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from medimage.serving.dicom import frame as frame_decoding
from medimage.serving.image_limits import MAXIMUM_PIXELS
from medimage.serving.preprocessing import ImageRefusedError, RefusalReason, decode_image
from tests.support.dicom_files import (
    U8,
    U16,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    files_by_syntax,
    gray_dataset,
    jpeg_2000,
    lookup_table,
    lossless_jpeg,
    palette_dataset,
    ramp,
    rle_frame,
)
from tests.support.image_refusals import refusal
from tests.support.images import encode, textured

pytestmark = WITHOUT_PYDICOM_WARNINGS


def small_files() -> dict[str, bytes]:
    """One small file of each transfer syntax that is decoded by other code."""
    return {"explicit": dicom_bytes(gray_dataset(U8, WindowCenter=100, WindowWidth=200)), **files_by_syntax()}


NAMES = ["explicit", "implicit", "big endian", "deflated", "rle", "jpeg", "lossless jpeg", "jpeg 2000"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_short_anywhere_is_refused_or_whole(name: str) -> None:
    data = small_files()[name]
    whole = decode_image(data, color_mode="gray")
    for length in range(len(data)):
        try:
            decoded = decode_image(data[:length], color_mode="gray")
        except ImageRefusedError:
            continue
        # What follows the pixels may be missing; a pixel may not.
        np.testing.assert_array_equal(decoded, whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_refused_or_decoded(name: str) -> None:
    generator = random.Random(11)
    for _ in range(150):
        data = bytearray(small_files()[name])
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            decoded = decode_image(bytes(data), color_mode="rgb")
        except ImageRefusedError:
            continue
        assert decoded.dtype == np.uint8
        assert decoded.shape[2] == 3


@settings(max_examples=150, deadline=None)
@given(meta=st.booleans(), rest=st.binary(max_size=300))
def test_random_bytes_after_the_signature_give_pixels_or_a_refusal(meta: bool, rest: bytes) -> None:
    start = small_files()["explicit"]
    header = start[: start.index(b"\x28\x00\x02\x00")] if meta else bytes(128) + b"DICM"
    outcome = refusal(header + rest)
    assert str(outcome).endswith(".")


numbers = st.one_of(st.integers(0, 40), st.sampled_from([255, 256, 32767, 65535]))


@settings(max_examples=200, deadline=None)
@given(
    attributes=st.dictionaries(
        st.sampled_from(
            [
                "Rows",
                "Columns",
                "SamplesPerPixel",
                "BitsAllocated",
                "BitsStored",
                "HighBit",
                "PixelRepresentation",
                "PlanarConfiguration",
                "PixelPaddingRangeLimit",
            ]
        ),
        numbers,
        max_size=3,
    ),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL_422", "YBR_ICT"]),
    window=st.tuples(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30)),
    length=st.integers(0, 900),
)
def test_any_header_gives_pixels_or_a_refusal(
    attributes: dict[str, int], photometric: str, window: tuple[float, float], length: int
) -> None:
    dataset = gray_dataset(U8, PhotometricInterpretation=photometric, PixelData=bytes(length))
    for keyword, value in attributes.items():
        dataset.add_new(keyword, "US", value)
    dataset.WindowCenter, dataset.WindowWidth = (f"{number:.8e}" for number in window)
    try:
        pixels = decode_image(dicom_bytes(dataset), color_mode="rgb")
    except ImageRefusedError as error:
        outcome = str(error)
    else:
        outcome = f"{pixels.shape == (dataset.Rows, dataset.Columns, 3)}."
    assert outcome.endswith(".")
    assert outcome != "False."


def without(keyword: str) -> bytes:
    return dicom_bytes(gray_dataset(U8, **{keyword: None}))


def gray(**attributes: Any) -> bytes:
    return dicom_bytes(gray_dataset(U8, **attributes))


def raw(tag: tuple[int, int], representation: str, value: Any, **attributes: Any) -> bytes:
    dataset = gray_dataset(U8, **attributes)
    dataset.add_new(tag, representation, value)
    return dicom_bytes(dataset)


def palette(**attributes: Any) -> bytes:
    return dicom_bytes(palette_dataset(U8, [np.arange(256, dtype=np.uint8)] * 3, **attributes))


def voi(descriptor: list[int], entries: list[int]) -> bytes:
    return gray(VOILUTSequence=[lookup_table(descriptor, entries)])


REFUSED = {
    "no rows": (without("Rows"), RefusalReason.DAMAGED, "Rows is missing"),
    "no bits allocated": (without("BitsAllocated"), RefusalReason.DAMAGED, "BitsAllocated is missing"),
    "no representation": (without("PixelRepresentation"), RefusalReason.DAMAGED, "PixelRepresentation is missing"),
    "no photometric": (without("PhotometricInterpretation"), RefusalReason.DAMAGED, "PhotometricInterpretation is mis"),
    "no pixel data": (without("PixelData"), RefusalReason.DAMAGED, "no pixel data"),
    "empty pixel data": (gray(PixelData=b""), RefusalReason.DAMAGED, "0 bytes of pixel data"),
    "too few bytes": (gray(PixelData=bytes(254)), RefusalReason.DAMAGED, "254 bytes of pixel data"),
    "twice the bytes": (gray(PixelData=bytes(512)), RefusalReason.DAMAGED, "512 bytes of pixel data"),
    "16 bits called 8": (
        gray(PixelData=U16.tobytes(), BitsAllocated=8),
        RefusalReason.DAMAGED,
        "512 bytes of pixel data where its header says 256",
    ),
    "no image": (
        dicom_bytes(changed(Dataset(), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PatientName="X")),
        RefusalReason.NOT_AN_IMAGE,
        "no image",
    ),
    "several frames": (
        gray(NumberOfFrames=2, PixelData=bytes(512)),
        RefusalReason.SEVERAL_FRAMES,
        "2 frames",
    ),
    "more frames than fit": (gray(NumberOfFrames=2_000_000_000), RefusalReason.DAMAGED, "2000000000 frames"),
    "no frames": (gray(NumberOfFrames=0), RefusalReason.DAMAGED, "no frames"),
    "too small": (dicom_bytes(gray_dataset(np.zeros((15, 99), np.uint8))), RefusalReason.TOO_SMALL, "99 x 15"),
    "too large": (gray(Rows=65535, Columns=65535), RefusalReason.TOO_MANY_PIXELS, "65535 x 65535"),
    "32 bits": (gray(BitsAllocated=32), RefusalReason.UNSUPPORTED_ENCODING, "32 bits per sample"),
    "1 bit": (gray(BitsAllocated=1, BitsStored=1, HighBit=0), RefusalReason.UNSUPPORTED_ENCODING, "1 bits"),
    "more stored than allocated": (gray(BitsStored=12), RefusalReason.DAMAGED, "stores 12 bits in 8"),
    "no bits stored": (gray(BitsStored=0), RefusalReason.DAMAGED, "stores 0 bits in 8"),
    "high bit too low": (gray(HighBit=3), RefusalReason.DAMAGED, "number 3"),
    "representation 2": (gray(PixelRepresentation=2), RefusalReason.DAMAGED, "PixelRepresentation"),
    "two samples": (gray(SamplesPerPixel=2), RefusalReason.DAMAGED, "2 samples per pixel"),
    "gray with three samples": (gray(SamplesPerPixel=3), RefusalReason.DAMAGED, "3 samples per pixel"),
    "CMYK": (gray(PhotometricInterpretation="CMYK"), RefusalReason.UNSUPPORTED_ENCODING, "interpretation CMYK"),
    "HSV": (gray(PhotometricInterpretation="HSV"), RefusalReason.UNSUPPORTED_ENCODING, "interpretation HSV"),
    "unheard-of photometric": (
        gray(PhotometricInterpretation="QUIXANO"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "interpretation unknown",
    ),
    "YBR_ICT without JPEG 2000": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint8), "YBR_ICT")),
        RefusalReason.DAMAGED,
        "JPEG 2000 alone",
    ),
    "YBR of 16 bits": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint16), "YBR_FULL")),
        RefusalReason.UNSUPPORTED_ENCODING,
        "more than 8 bits",
    ),
    "planar configuration 2": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint8), PlanarConfiguration=2)),
        RefusalReason.DAMAGED,
        "PlanarConfiguration",
    ),
    "colors over gray": (gray(PixelPresentation="COLOR"), RefusalReason.UNSUPPORTED_ENCODING, "PixelPresentation"),
    "shape against photometric": (
        gray(PresentationLUTShape="INVERSE"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "contradict each other",
    ),
    "unknown shape": (gray(PresentationLUTShape="LIN OD"), RefusalReason.UNSUPPORTED_ENCODING, "PresentationLUTShape"),
    "unknown window function": (
        gray(WindowCenter=1, WindowWidth=5, VOILUTFunction="CUBIC"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "VOILUTFunction",
    ),
    "window without width": (gray(WindowCenter=1), RefusalReason.DAMAGED, "window without width"),
    "window of width 0": (gray(WindowCenter=1, WindowWidth=0), RefusalReason.DAMAGED, "cannot be 0 wide"),
    "sigmoid of width 0": (
        gray(WindowCenter=1, WindowWidth=0, VOILUTFunction="SIGMOID"),
        RefusalReason.DAMAGED,
        "cannot be 0 wide",
    ),
    "slope 0": (gray(RescaleSlope=0, RescaleIntercept=0), RefusalReason.DAMAGED, "RescaleSlope is 0"),
    "table with too few entries": (voi([256, 0, 16], list(range(255))), RefusalReason.DAMAGED, "the 256 entries"),
    "table with larger entries": (voi([256, 0, 8], list(range(1, 257))), RefusalReason.DAMAGED, "256 entries of 8"),
    "table of 5 bits": (voi([256, 0, 5], [0] * 256), RefusalReason.DAMAGED, "5 bits per entry"),
    "table with half a descriptor": (voi([256, 0], [0] * 256), RefusalReason.DAMAGED, "three whole numbers"),
    "palette without blue": (
        palette(BluePaletteColorLookupTableData=None),
        RefusalReason.DAMAGED,
        "BluePaletteColorLookupTableData",
    ),
    "segmented palette": (
        palette(SegmentedRedPaletteColorLookupTableData=b"\0\0"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "segmented",
    ),
    "video": (
        compressed(gray_dataset(U8), [b"x" * 10], MPEG2MPML),
        RefusalReason.UNSUPPORTED_ENCODING,
        "MPEG2 Main Profile",
    ),
    "reference to pixels elsewhere": (
        compressed(gray_dataset(U8), [b"x" * 10], "1.2.840.10008.1.2.4.94"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "JPIP",
    ),
    "12-bit JPEG": (
        compressed(gray_dataset(U16), [lossless_jpeg(ramp(np.uint16, high=4095), bits=12)], JPEGExtended12Bit),
        RefusalReason.UNSUPPORTED_ENCODING,
        "12 bits",
    ),
    "two frames called one": (
        dicom_bytes(
            gray_dataset(U8, PixelData=encapsulate([encode(U8, "JPEG")] * 2, has_bot=True)), syntax=JPEGBaseline8Bit
        ),
        RefusalReason.DAMAGED,
        "2 frames",
    ),
    "JPEG of another size": (
        compressed(gray_dataset(U8), [encode(textured(1), "JPEG")], JPEGBaseline8Bit),
        RefusalReason.DAMAGED,
        "48 x 48 where the header says 16 x 16",
    ),
    "JPEG with other colors": (
        compressed(gray_dataset(U8), [encode(np.zeros((16, 16, 3), np.uint8), "JPEG")], JPEGBaseline8Bit),
        RefusalReason.DAMAGED,
        "3 samples of 8 bits",
    ),
    "not a JPEG": (compressed(gray_dataset(U8), [b"x" * 99], JPEGBaseline8Bit), RefusalReason.DAMAGED, "not a JPEG"),
    "not a JPEG 2000": (compressed(gray_dataset(U8), [b"x" * 99], JPEG2000Lossless), RefusalReason.DAMAGED, "2000"),
    "RLE of other segments": (
        compressed(gray_dataset(U16), [rle_frame([U8])], RLELossless),
        RefusalReason.DAMAGED,
        "2 segments",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_have_to_be_guessed_is_refused_with_the_reason(name: str) -> None:
    data, reason, words = REFUSED[name]
    error = refusal(data)
    assert (error.reason, words in str(error)) == (reason, True), str(error)
    assert "QUIXANO" not in str(error)


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "abc", "Quixano^Alonso"])
@pytest.mark.parametrize("keyword", ["WindowCenter", "RescaleSlope"])
def test_numbers_that_are_none_are_refused_without_repeating_them(keyword: str, value: str) -> None:
    data = gray(WindowCenter="1234567890123456", WindowWidth=9, RescaleSlope="6543210987654321", RescaleIntercept=0)
    held = b"1234567890123456" if keyword == "WindowCenter" else b"6543210987654321"
    error = refusal(data.replace(held, value.encode().ljust(16)))
    assert error.reason is RefusalReason.DAMAGED
    assert value not in str(error)


def test_a_codestream_that_says_it_is_huge_is_refused_before_it_is_decoded() -> None:
    frame = bytearray(jpeg_2000(U8, num_resolutions=3))
    frame[8:16] = struct.pack(">II", 65000, 65000)
    error = refusal(compressed(gray_dataset(U8), [bytes(frame)], JPEG2000Lossless))
    assert "65000 x 65000" in str(error)


def test_more_runs_than_pixels_are_not_decoded() -> None:
    runs = b"\x81\x07" * 100_000
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + runs
    decoded = decode_image(
        compressed(gray_dataset(U8, WindowCenter=7, WindowWidth=1), [frame], RLELossless), color_mode="gray"
    )
    assert decoded.shape == (16, 16, 1)


def test_a_deflated_file_that_inflates_without_end_is_refused() -> None:
    whole = dicom_bytes(gray_dataset(U8), syntax=DeflatedExplicitVRLittleEndian)
    start = whole.index(b"1.2.840.10008.1.2.1.99") + len(b"1.2.840.10008.1.2.1.99")
    compressor = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(compressor.compress(bytes(2**24)) for _ in range(2 * MAXIMUM_PIXELS // 2**24 + 2))
    assert refusal(whole[:start] + bomb + compressor.flush()).reason is RefusalReason.TOO_MANY_PIXELS


def test_a_decoder_that_is_not_installed_is_named_with_the_syntax(monkeypatch: pytest.MonkeyPatch) -> None:
    # pydicom knows this plugin for JPEG-LS alone, so that it is not available for this syntax.
    monkeypatch.setitem(frame_decoding._DECODERS, JPEG2000Lossless, "pyjpegls")
    error = refusal(small_files()["jpeg 2000"])
    assert error.reason is RefusalReason.UNSUPPORTED_ENCODING
    assert "JPEG 2000 Image Compression (Lossless Only), for which the decoder pyjpegls is not installed" in str(error)


def test_threads_decode_the_same() -> None:
    names = NAMES * 12
    alone = {name: decode_image(small_files()[name], color_mode="gray") for name in NAMES}
    with ThreadPoolExecutor(8) as pool:
        decoded = pool.map(lambda name: decode_image(small_files()[name], color_mode="gray"), names)
        for name, pixels in zip(names, decoded, strict=True):
            np.testing.assert_array_equal(pixels, alone[name])


def test_warnings_and_logs_never_leak(tmp_path: Path) -> None:
    secret = "Quixano^Alonso"
    odd = dicom_bytes(gray_dataset(U8, PatientBirthDate="19991231", PatientName=secret, WindowCenter=1, WindowWidth=2))
    (tmp_path / "0.dcm").write_bytes(odd.replace(b"19991231", b"Quixano!"))
    (tmp_path / "1.dcm").write_bytes(gray(PixelData=bytes(300)))
    (tmp_path / "2.dcm").write_bytes(small_files()["jpeg 2000"].replace(b"\xff\x93", b"\xff\x94"))
    (tmp_path / "3.dcm").write_bytes(small_files()["rle"][:-40])
    (tmp_path / "4.dcm").write_bytes(gray(PatientID="Quixano\\Alonso\\" * 9, RescaleSlope="1.00000000000000"))
    program = """
import logging, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO)
from medimage.serving.preprocessing import ImageRefusedError, decode_image
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print(file.name, decode_image(file.read_bytes(), color_mode="gray").shape)
    except ImageRefusedError as error:
        print(file.name, error.reason)
"""
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert len(result.stdout.splitlines()) == 5
    assert result.stderr == ""

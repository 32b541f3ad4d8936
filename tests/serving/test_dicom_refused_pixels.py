import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from medimage.serving.image_limits import MAXIMUM_PIXELS
from medimage.serving.preprocessing import RefusalReason, decode_image
from tests.support.dicom_files import (
    U8,
    U16,
    WITHOUT_PYDICOM_WARNINGS,
    compressed,
    dicom_bytes,
    files_by_syntax,
    gray_dataset,
    jpeg_2000,
    lossless_jpeg,
    ramp,
    rle_frame,
)
from tests.support.image_refusals import assert_refused, refusal
from tests.support.images import encode, textured

pytestmark = WITHOUT_PYDICOM_WARNINGS


def gray(**attributes: Any) -> bytes:
    return dicom_bytes(gray_dataset(U8, **attributes))


REFUSED = {
    "no pixel data": (gray(PixelData=None), RefusalReason.DAMAGED, "no pixel data"),
    "empty pixel data": (gray(PixelData=b""), RefusalReason.DAMAGED, "0 bytes of pixel data"),
    "too few bytes": (gray(PixelData=bytes(254)), RefusalReason.DAMAGED, "254 bytes of pixel data"),
    "twice the bytes": (gray(PixelData=bytes(512)), RefusalReason.DAMAGED, "512 bytes of pixel data"),
    "16 bits called 8": (
        gray(PixelData=U16.tobytes(), BitsAllocated=8),
        RefusalReason.DAMAGED,
        "512 bytes of pixel data where its header says 256",
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
    assert_refused(*REFUSED[name])


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
    np.testing.assert_array_equal(decoded, np.full((16, 16, 1), 255))


def test_a_deflated_file_that_inflates_without_end_is_refused() -> None:
    whole = dicom_bytes(gray_dataset(U8), syntax=DeflatedExplicitVRLittleEndian)
    start = whole.index(b"1.2.840.10008.1.2.1.99") + len(b"1.2.840.10008.1.2.1.99")
    compressor = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(compressor.compress(bytes(2**24)) for _ in range(2 * MAXIMUM_PIXELS // 2**24 + 2))
    assert refusal(whole[:start] + bomb + compressor.flush()).reason is RefusalReason.TOO_MANY_PIXELS


def test_a_decoder_that_is_not_installed_is_named_with_the_syntax(tmp_path: Path) -> None:
    (tmp_path / "0.dcm").write_bytes(files_by_syntax()["jpeg 2000"])
    program = """
import sys
from pathlib import Path
sys.modules["pylibjpeg"] = None  # As Python finds a package that is not installed.
from medimage.serving.preprocessing import ImageRefusedError, decode_image
try:
    decode_image(Path(sys.argv[1]).read_bytes(), color_mode="gray")
except ImageRefusedError as error:
    print(error.reason, error)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "0.dcm")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith(RefusalReason.UNSUPPORTED_ENCODING)
    assert "JPEG 2000 Image Compression (Lossless Only), for which the decoder pylibjpeg is not installed" in told

"""What a record of a DICOM file holds beside its picture: nothing."""

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from medimage.data.sources.dicom.minimal import minimal_dicom
from medimage.serving.dicom.dataset import read_dicom
from medimage.serving.dicom.decode import check_dicom, decode_dicom
from medimage.serving.dicom.pixel_data import EncodedFrames
from medimage.serving.refusal import ImageRefusedError
from tests.support.dicom_files import (
    TWELVE_BITS,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    jpeg_2000,
    lossless_jpeg,
    ramp,
    rle_frame,
)
from tests.support.images import encode, textured

pytestmark = WITHOUT_PYDICOM_WARNINGS

SECRET = b"Quixano^Alonso"


def minimal(data: bytes, *, frame: int = 0) -> bytes:
    file = read_dicom(io.BytesIO(data))
    header = check_dicom(file, frame=frame)
    return minimal_dicom(file, header, EncodedFrames.read(file, header)[frame], frame=frame)


def byte_planes(stored: np.ndarray) -> list[np.ndarray]:
    return [stored >> 8 & 255, stored & 255]


@pytest.mark.parametrize("signed", [False, True])
def test_one_picture_has_one_minimal_file_however_its_samples_are_stored(signed: bool) -> None:
    stored = ramp(np.uint16, high=4095)
    meaning = {**TWELVE_BITS, "PixelRepresentation": int(signed), "WindowCenter": 100, "WindowWidth": 900}
    plain = gray_dataset(stored, **meaning)
    # Old files keep overlays in the bits that are not stored (PS3.5, 8.1.2).
    overlay = stored | np.where(textured(3, size=16) > 100, 0x8000, 0).astype(np.uint16)
    shifted = changed(gray_dataset(stored << 4 | 5, **meaning), HighBit=15)
    swapped = gray_dataset(stored.byteswap(), **meaning)
    extended = np.where(stored > 2047, stored | 0xF000, stored).astype(np.uint16)
    variants = [
        dicom_bytes(plain, syntax=ImplicitVRLittleEndian),
        dicom_bytes(gray_dataset(overlay, **meaning)),
        dicom_bytes(shifted),
        dicom_bytes(swapped, syntax=ExplicitVRBigEndian),
        dicom_bytes(gray_dataset(extended, **meaning)),
        dicom_bytes(changed(gray_dataset(stored, **meaning), PixelData=stored.tobytes() + SECRET)),
        compressed(gray_dataset(stored, **meaning), [rle_frame(byte_planes(overlay)) + SECRET], RLELossless),
    ]
    expected = minimal(dicom_bytes(plain))
    assert {minimal(variant) for variant in variants} == {expected}
    dataset = pydicom.dcmread(io.BytesIO(expected))
    assert (dataset.HighBit, dataset.BitsStored) == (11, 12)
    written = np.frombuffer(dataset.PixelData, np.int16 if signed else np.uint16).reshape(stored.shape)
    np.testing.assert_array_equal(written, np.where(signed & (stored > 2047), stored.astype(int) - 4096, stored))


def test_colors_have_one_minimal_file_however_they_are_ordered() -> None:
    samples = np.random.default_rng(0).integers(0, 256, (16, 18, 3), dtype=np.uint8)
    by_plane = np.ascontiguousarray(samples.transpose(2, 0, 1))
    variants = [
        dicom_bytes(color_dataset(samples)),
        dicom_bytes(color_dataset(samples, PlanarConfiguration=1, PixelData=by_plane.tobytes())),
        compressed(color_dataset(samples, PlanarConfiguration=1), [rle_frame(list(by_plane))], RLELossless),
    ]
    assert len({minimal(variant) for variant in variants}) == 1
    np.testing.assert_array_equal(decode_dicom(minimal(variants[1])), samples)


def test_colors_that_pixels_share_are_shown_the_same() -> None:
    path = get_testdata_file("SC_ybr_full_422_uncompressed.dcm", download=False)
    data = Path(str(path)).read_bytes()
    np.testing.assert_array_equal(decode_dicom(minimal(data)), decode_dicom(data))


def comment(marker: bytes = b"\xff\xfe") -> bytes:
    return marker + struct.pack(">H", 2 + len(SECRET)) + SECRET


def jpegs() -> dict[str, tuple[Dataset, bytes, str]]:
    """Pictures whose streams hold a name in places that no decoder looks at."""
    gray, rgb = textured(1, size=32), np.stack([textured(seed, size=32) for seed in range(3)], axis=2)
    end = SECRET + b"\xff\xd9" + SECRET + b"\xff\xd9"
    scans = encode(rgb, "JPEG", progressive=True, restart_marker_rows=1)
    second = scans.index(b"\xff\xda", scans.index(b"\xff\xda") + 2)
    second = scans.rindex(b"\xff\xc4", 0, second) if b"\xff\xc4" in scans[:second] else second
    between = scans[:second] + comment() + comment(b"\xff\xe5") + scans[second:]
    # The thumbnail of JFIF, and its resolution.
    plain = encode(gray, "JPEG")
    assert plain[2:4] == b"\xff\xe0"
    length = struct.unpack(">H", plain[4:6])[0] + len(SECRET)
    thumbnail = plain[:4] + struct.pack(">H", length) + plain[6:20] + SECRET + plain[20:]
    lossless = lossless_jpeg(gray, bits=8)
    tiles = jpeg_2000(gray, tile_size=(16, 16), num_resolutions=2)
    return {
        "after the end": (gray_dataset(gray), plain + end, JPEGBaseline8Bit),
        "in the thumbnail": (gray_dataset(gray), thumbnail, JPEGBaseline8Bit),
        "between scans": (color_dataset(rgb, "YBR_FULL_422"), between + end, JPEGBaseline8Bit),
        "in a segment": (
            gray_dataset(gray),
            plain[:2] + comment(b"\xff\xe9") + plain[2:],
            JPEGBaseline8Bit,
        ),
        "lossless": (gray_dataset(gray), lossless[:2] + comment(b"\xff\xe8") + lossless[2:] + end, JPEGLosslessSV1),
        "JPEG 2000 tiles": (gray_dataset(gray), commented_tiles(tiles) + end, JPEG2000Lossless),
    }


def commented_tiles(codestream: bytes) -> bytes:
    """Puts a comment into the header of each tile part (ITU-T T.800, A.4.2), with the end of an image in it."""
    secret = b"\xff\x64" + struct.pack(">HH", 4 + len(SECRET) + 2, 1) + SECRET + b"\xff\xd9"
    position = codestream.index(b"\xff\x90")
    parts = [codestream[:position]]
    while codestream[position : position + 2] == b"\xff\x90":
        (length,) = struct.unpack(">I", codestream[position + 6 : position + 10])
        tile = codestream[position : position + length]
        parts.append(tile[:6] + struct.pack(">I", length + len(secret)) + tile[10:12] + secret + tile[12:])
        position += length
    assert len(parts) == 5
    return b"".join(parts) + codestream[position:]


@pytest.mark.parametrize("name", list(jpegs()))
def test_a_name_beside_a_compressed_picture_is_left_out_and_the_picture_stays(name: str) -> None:
    dataset, frame, syntax = jpegs()[name]
    data = compressed(dataset, [frame], syntax)
    assert SECRET in data
    left = minimal(data)
    assert SECRET not in left
    np.testing.assert_array_equal(decode_dicom(left), decode_dicom(data))
    assert minimal(left) == left


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", list(jpegs()))
def test_nothing_is_kept_of_a_compressed_picture_that_is_cut_short(name: str, cut: float) -> None:
    dataset, frame, syntax = jpegs()[name]
    end = frame.index(SECRET) if name == "after the end" else len(frame)
    data = compressed(dataset, [frame[: int(cut * min(end, 700))]], syntax)
    left = minimal(data)
    assert SECRET not in left
    with pytest.raises(ImageRefusedError):
        decode_dicom(left)


@pytest.mark.parametrize("size", [100, 256 + 200])
def test_a_damaged_picture_is_refused_for_what_was_wrong_with_it(size: int) -> None:
    data = dicom_bytes(gray_dataset(ramp(np.uint8), PixelData=(SECRET * 99)[:size]))
    file = read_dicom(io.BytesIO(data))
    left = minimal_dicom(file, check_dicom(file), None, frame=0)
    assert SECRET[:4] not in left
    with pytest.raises(ImageRefusedError, match=f"it has {size} bytes of pixel data where its header says 256"):
        decode_dicom(left)


COMPRESSED_FILES = [
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "693_J2KI.dcm",
    "JPEG2000.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_jpeg.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm",
    "examples_palette.dcm",
]


@pytest.mark.parametrize("name", COMPRESSED_FILES)
def test_real_files_are_shown_the_same(name: str) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"this pydicom ships without {name}")
    data = Path(str(path)).read_bytes()
    np.testing.assert_array_equal(decode_dicom(minimal(data)), decode_dicom(data))


@pytest.mark.parametrize("extended", [False, True])
def test_frames_with_a_table_of_offsets_are_told_apart(extended: bool) -> None:
    frames = [encode(textured(seed, size=32), "JPEG") for seed in range(3)]
    dataset = gray_dataset(textured(0, size=32), NumberOfFrames=3)
    if extended:
        data, offsets, lengths = encapsulate_extended(frames)
        changed(dataset, PixelData=data, ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths)
        whole = dicom_bytes(dataset, syntax=JPEGBaseline8Bit)
    else:
        whole = compressed(dataset, frames, JPEGBaseline8Bit)
    for number, frame in enumerate(frames):
        alone = compressed(gray_dataset(textured(0, size=32)), [frame], JPEGBaseline8Bit)
        assert minimal(whole, frame=number) == minimal(alone)


def test_frames_that_are_all_the_whole_file_are_refused() -> None:
    data, offsets, _ = encapsulate_extended([encode(textured(0, size=32), "JPEG")] * 4)
    lengths = struct.pack("<4Q", *[9000] * 4)
    dataset = gray_dataset(textured(0, size=32), NumberOfFrames=4, PixelData=data)
    changed(dataset, ExtendedOffsetTable=bytes(len(offsets)), ExtendedOffsetTableLengths=lengths)
    with pytest.raises(ImageRefusedError, match="overlap"):
        minimal(dicom_bytes(dataset, syntax=JPEGBaseline8Bit))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.dicom_files import U8, WITHOUT_PYDICOM_WARNINGS, dicom_bytes, files_by_syntax, gray_dataset
from tests.support.image_refusals import (
    assert_refused_or_decoded_however_damaged,
    assert_refused_or_whole_wherever_cut,
    decoded_unless_refused,
    refusal,
)

pytestmark = WITHOUT_PYDICOM_WARNINGS

NAMES = list(files_by_syntax())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_short_anywhere_is_refused_or_whole(name: str) -> None:
    assert_refused_or_whole_wherever_cut(files_by_syntax()[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_refused_or_decoded(name: str) -> None:
    assert_refused_or_decoded_however_damaged(files_by_syntax()[name], seed=11)


@settings(max_examples=150, deadline=None)
@given(meta=st.booleans(), rest=st.binary(max_size=300))
def test_random_bytes_after_the_signature_give_pixels_or_a_refusal(meta: bool, rest: bytes) -> None:
    start = files_by_syntax()["explicit"]
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
    pixels = decoded_unless_refused(dicom_bytes(dataset))
    assert pixels is None or (pixels.dtype, pixels.shape) == (np.uint8, (dataset.Rows, dataset.Columns, 3))

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.support.dicom_display import each, linear, shown
from tests.support.dicom_files import U8, WITHOUT_PYDICOM_WARNINGS, gray_dataset, ramp

pytestmark = WITHOUT_PYDICOM_WARNINGS


def functional_groups(center: int, slope: float) -> Dataset:
    voi, transformation, groups = Dataset(), Dataset(), Dataset()
    voi.WindowCenter, voi.WindowWidth = center, 50
    transformation.RescaleSlope, transformation.RescaleIntercept = slope, 1
    groups.FrameVOILUTSequence, groups.PixelValueTransformationSequence = [voi], [transformation]
    return groups


def test_functional_groups_of_an_enhanced_file_count_before_the_data_set() -> None:
    own, shared = functional_groups(90, 1), functional_groups(10, 2)
    del own.PixelValueTransformationSequence
    dataset = gray_dataset(U8, NumberOfFrames=1, WindowCenter=1, WindowWidth=1, RescaleSlope=5, RescaleIntercept=5)
    dataset.PerFrameFunctionalGroupsSequence, dataset.SharedFunctionalGroupsSequence = [own], [shared]
    np.testing.assert_array_equal(shown(dataset), each(U8, lambda value: linear(2 * value + 1, 90, 50)))


@settings(max_examples=60, deadline=None)
@given(
    signed=st.booleans(),
    bits=st.integers(8, 16),
    slope=st.sampled_from(["1", "0.5", "-2", "0.0625"]),
    intercept=st.integers(-2000, 2000),
    center=st.integers(-3000, 3000),
    width=st.integers(2, 5000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    inverted=st.booleans(),
)
def test_any_window_shows_what_pydicom_computes(
    *, signed: bool, bits: int, slope: str, intercept: int, center: int, width: int, function: str, inverted: bool
) -> None:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    stored = ramp(np.int16 if signed else np.uint16, low=low, high=high)
    dataset = gray_dataset(
        stored,
        BitsStored=bits,
        HighBit=bits - 1,
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        WindowCenter=center,
        WindowWidth=width,
        VOILUTFunction=function,
        PhotometricInterpretation="MONOCHROME1" if inverted else "MONOCHROME2",
    )
    values = apply_modality_lut(stored, dataset).astype(np.float64)
    bottom, top = apply_voi_lut(np.array([-1e9, 1e9]), dataset)
    expected = (apply_voi_lut(values, dataset) - bottom) / (top - bottom) * 255
    decoded = shown(dataset).astype(float)
    assert np.abs(decoded - (255 - expected if inverted else expected)).max() <= 0.5 + 1e-6

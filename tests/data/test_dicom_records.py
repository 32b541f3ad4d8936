import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from medimage.data.image_record import ImageRecord, read_header
from medimage.data.sources.dicom.source import DicomSource
from medimage.serving.dicom.decode import decode_dicom
from medimage.serving.preprocessing import ImageRefusedError, decode_image
from tests.support.dicom_files import (
    U8,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    jpeg_2000,
    lookup_table,
    palette_dataset,
    ramp,
    rle_frame,
)
from tests.support.dicom_trees import SECRETS, assert_nothing_is_lost, picture, source, tree, write
from tests.support.images import encode, textured

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


RICH = gray_dataset(
    ramp(np.int16, low=-1000, high=2000),
    **SECRETS,
    Manufacturer="ACME",
    RescaleSlope="1.5",
    RescaleIntercept=-10,
    WindowCenter=[40, 100],
    WindowWidth=[1400, 20],
    PixelPaddingValue=-1000,
)


def rich_files() -> dict[str, bytes]:
    """Files of every kind of pixels and tables, with everything that may identify a patient, in odd places too."""
    RICH.private_block(0x0009, "Quixano^Alonso", create=True).add_new(0x10, "LO", "PID-77431")
    comment = b"\xff\xfe" + (2 + len(b"Quixano^Alonso")).to_bytes(2, "big") + b"Quixano^Alonso"
    picture_1 = textured(1, size=32)
    jpeg = encode(picture_1, "JPEG")
    jpeg = jpeg[:2] + comment + b"\xff\xe1\x00\x11Exif\0\0PID-77431" + jpeg[2:] + b"Quixano^Alonso\xff\xd9"
    codestream = jpeg_2000(picture_1, comment="Quixano^Alonso")
    assert b"Quixano" in codestream
    voi = lookup_table([256, -3, 12], [index * 16 for index in range(256)])
    voi.LUTExplanation = "for Dr Panza"
    table = np.frombuffer(bytes(range(256)) * 2, np.uint16)
    rgb = np.stack([textured(seed, size=32) for seed in range(3)], axis=2)
    swapped = gray_dataset(ramp(np.int16).byteswap(), **SECRETS, RescaleSlope=1, RescaleIntercept=0)
    # The padding and the data after the pixels of a native file may hold anything.
    padded = changed(gray_dataset(U8, **SECRETS), PixelData=U8.tobytes() + b"Quixano^Alonso")
    return {
        "gray": dicom_bytes(RICH),
        "implicit": dicom_bytes(RICH, syntax=ImplicitVRLittleEndian),
        "big endian": dicom_bytes(swapped, syntax=ExplicitVRBigEndian),
        "table": dicom_bytes(gray_dataset(ramp(np.int8), **SECRETS, VOILUTSequence=[voi])),
        "modality table": dicom_bytes(gray_dataset(ramp(np.int8), **SECRETS, ModalityLUTSequence=[voi])),
        "palette": dicom_bytes(palette_dataset(U8, [table] * 3, **SECRETS)),
        "color": dicom_bytes(color_dataset(rgb, **SECRETS)),
        "jpeg": compressed(gray_dataset(picture_1, **SECRETS), [jpeg], JPEGBaseline8Bit),
        "jpeg 2000": compressed(
            gray_dataset(picture_1, **SECRETS), [codestream + b"Quixano^Alonso\xff\xd9"], JPEG2000Lossless
        ),
        "rle": compressed(
            gray_dataset(picture_1, **SECRETS), [rle_frame([picture_1]) + b"Quixano^Alonso"], RLELossless
        ),
        "padded": dicom_bytes(padded),
    }


@pytest.fixture
def rich(tmp_path: Path) -> tuple[DicomSource, dict[str, ImageRecord]]:
    for number, (name, data) in enumerate(rich_files().items()):
        # As archives export: a folder for each patient, and files called by their identifiers.
        label, folder = "ill" if number % 2 else "well", "Quixano^Alonso_PID-77431"
        path = tmp_path / "data" / label / folder / f"1.2.826.0.1.55.3 {name}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = source(tmp_path / "data", origin="institution")
    return found, {record.name: record for record in found.records()}


def test_nothing_that_identifies_a_patient_is_in_a_record(rich) -> None:
    found, records = rich
    assert len(records) == len(rich_files())
    words = [part for value in SECRETS.values() for part in value.replace("^", " ").split(" ") if len(part) > 3]
    stored = b"".join(record.encoded for record in records.values())
    stored += repr([(record.name, record.label, record.group, record.origin) for record in records.values()]).encode()
    stored += repr((found.skipped_files, found.notes, found.classes)).encode()
    for word in {*words, *(value for value in SECRETS.values())}:
        assert word.encode() not in stored, word
        assert word.encode("utf-16-le") not in stored, word


def test_a_record_shows_the_same_pixels_as_its_file(rich) -> None:
    found, records = rich
    for name, record in records.items():
        original = decode_dicom(found.path_of(name).read_bytes())
        np.testing.assert_array_equal(decode_dicom(record.encoded), original, err_msg=name)
        header = read_header(record.encoded)
        assert (header.height, header.width, header.mode) == (
            *original.shape[:2],
            "L" if original.shape[2] == 1 else "RGB",
        )


def test_a_record_is_a_dicom_file_of_few_elements_that_pydicom_reads(rich) -> None:
    for record in rich[1].values():
        dataset = pydicom.dcmread(io.BytesIO(record.encoded))
        assert {element.tag.group for element in dataset} <= {0x0028, 0x7FE0}
        assert [element.keyword for element in dataset.file_meta] == [
            "FileMetaInformationGroupLength",
            "TransferSyntaxUID",
        ]
        assert dataset.pixel_array.shape[:2] == (dataset.Rows, dataset.Columns)


def test_the_same_picture_under_another_patient_gives_the_same_bytes(tmp_path: Path) -> None:
    for label, patient, syntax in (("ill", "X", ExplicitVRLittleEndian), ("well", "Y", ImplicitVRLittleEndian)):
        identity = {"PatientID": patient, "StudyInstanceUID": f"1.{ord(patient)}", "StudyDate": "20200101"}
        write(tmp_path / label / "0.dcm", picture(1, **identity), syntax=syntax)
    ill, well = source(tmp_path).records()
    assert ill.encoded == well.encoded
    assert ill.group != well.group


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_a_file_whose_pixels_are_cut_short_becomes_a_record_that_is_refused(
    tmp_path: Path, kept: float, syntax: str
) -> None:
    root = tree(tmp_path)
    whole = dicom_bytes(picture(5))
    if syntax == RLELossless:
        whole = compressed(picture(5), [rle_frame([textured(5, size=32)])], syntax)
    start = whole.index(b"\xe0\x7f\x10\x00") + 12
    (root / "ill" / "9.dcm").write_bytes(whole[: start + int(kept * (len(whole) - start))])
    found = source(root)
    (record,) = found.records({"ill/9.dcm"})
    with pytest.raises(ImageRefusedError):
        decode_image(record.encoded, color_mode="gray")
    assert_nothing_is_lost(found)

"""DICOM files that are damaged anywhere: a record is refused or shows the whole picture, and the others go on."""

import io
import random
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
    ParametricMapStorage,
)

from medimage.data.audit.look import look_at
from medimage.data.sources.dicom.source import DicomSource
from medimage.serving.dicom.signature import SIGNATURE_END
from medimage.serving.preprocessing import ImageRefusedError, decode_image
from tests.support.dicom_files import (
    U8,
    U16,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    dicom_bytes,
    files_by_syntax,
    gray_dataset,
    lookup_table,
)
from tests.support.dicom_trees import SECRETS, assert_nothing_is_lost, source, tree
from tests.support.images import textured

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]

ODD = textured(1, size=17)
SMALL_FILES = {
    "8 bits": dicom_bytes(gray_dataset(U8)),
    "16 bits": dicom_bytes(gray_dataset(U16)),
    "color": dicom_bytes(color_dataset(np.stack([U8, U8.T, U8[::-1]], axis=2))),
    "odd size": dicom_bytes(changed(gray_dataset(ODD), PixelData=ODD.tobytes() + b"\0")),
    "implicit": dicom_bytes(gray_dataset(U16), syntax=ImplicitVRLittleEndian),
    **{name: files_by_syntax()[name] for name in ("big endian", "deflated", "rle", "jpeg", "lossless jpeg")},
}


def among_whole_files(root: Path, damaged: dict[str, bytes]) -> DicomSource:
    tree(root)
    for name, data in damaged.items():
        (root / "ill" / name).write_bytes(data)
    return source(root, frames="expand")


@pytest.mark.parametrize("name", list(SMALL_FILES))
def test_a_file_cut_short_anywhere_is_skipped_or_refused_or_shows_every_pixel(tmp_path: Path, name: str) -> None:
    whole = SMALL_FILES[name]
    expected = decode_image(whole, color_mode="rgb")
    cut = {f"{length:05d}.dcm": whole[:length] for length in range(2, len(whole))}
    found = among_whole_files(tmp_path / "data", cut)
    refused = 0
    for record in found.records():
        if found.path_of(record.name).name not in cut:
            continue
        try:
            decoded = decode_image(record.encoded, color_mode="rgb")
        except ImageRefusedError:
            refused += 1
        else:
            np.testing.assert_array_equal(decoded, expected, err_msg=record.name)
    # The pixels of a deflated file are cut short together with its header.
    assert (refused == 0) == (name == "deflated")
    assert_nothing_is_lost(found)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_frame_without_its_last_bytes_is_refused_for_their_number(tmp_path: Path, missing: int) -> None:
    found = among_whole_files(tmp_path / "data", {"2.dcm": SMALL_FILES["16 bits"][:-missing]})
    (record,) = found.records({"ill/2.dcm"})
    with pytest.raises(
        ImageRefusedError, match=f"it has {512 - missing} bytes of pixel data where its header says 512"
    ):
        decode_image(record.encoded, color_mode="gray")


def with_sequences() -> bytes:
    table = lookup_table([256, 0, 8], list(range(256)))
    return dicom_bytes(
        gray_dataset(U8, PatientID="P", WindowCenter=[40, 9], WindowWidth=[80, 9], VOILUTSequence=[table])
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["sequences", "16 bits", "rle"])
def test_flipped_bytes_end_neither_the_source_nor_the_audit(tmp_path: Path, name: str, seed: int) -> None:
    whole = with_sequences() if name == "sequences" else SMALL_FILES[name]
    generator = random.Random(seed)
    flipped = {}
    for number in range(150):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            data[generator.randrange(128, len(data))] = generator.choice([0, 255, generator.randrange(256)])
        flipped[f"{number}.dcm"] = bytes(data)
    found = among_whole_files(tmp_path / "data", flipped)
    looks = {
        record.name: look_at(record.encoded, color_mode="rgb", maximum_aspect_ratio=10) for record in found.records()
    }
    assert looks["well/0.dcm"].exclusion is None
    assert_nothing_is_lost(found)


@pytest.mark.parametrize("representation", [b"OC", b"O\0", b"UT", b"SQ", b"US"])
def test_pixel_data_of_a_damaged_type_are_refused(tmp_path: Path, representation: bytes) -> None:
    whole = SMALL_FILES["16 bits"]
    start = whole.index(b"\xe0\x7f\x10\x00OW") + 4
    found = among_whole_files(tmp_path / "data", {"2.dcm": whole[:start] + representation + whole[start + 2 :]})
    (record,) = found.records({"ill/2.dcm"})
    with pytest.raises(ImageRefusedError, match="damaged"):
        decode_image(record.encoded, color_mode="gray")


def test_a_sequence_whose_items_are_cut_short_is_damage_and_no_fault_of_the_disk(tmp_path: Path) -> None:
    whole = SMALL_FILES["16 bits"]
    start = whole.index(b"\xe0\x7f\x10\x00OW")
    sequence = b"\x28\x00\x10\x30SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff"
    found = among_whole_files(tmp_path / "data", {"2.dcm": whole[:start] + sequence})
    assert dict(found.skipped_files)["ill/2.dcm"].startswith("cannot be used: the DICOM file is damaged")
    assert_nothing_is_lost(found)


def test_what_follows_the_pixels_does_not_replace_the_header_that_was_listed(tmp_path: Path) -> None:
    whole = SMALL_FILES["16 bits"]
    no_rows = b"\x28\x00\x10\x00US\x02\x00\x00\x00"
    found = among_whole_files(tmp_path / "data", {"2.dcm": whole + no_rows})
    (record,) = found.records({"ill/2.dcm"})
    np.testing.assert_array_equal(
        decode_image(record.encoded, color_mode="gray"), decode_image(whole, color_mode="gray")
    )


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_an_image_cut_anywhere_before_its_pixels_cannot_be_used(tmp_path: Path, syntax: str) -> None:
    whole = dicom_bytes(gray_dataset(U16, **SECRETS), syntax=syntax)
    header = whole.index(b"\xe0\x7f\x10\x00")
    damaged = {f"{length}.dcm": whole[:length] for length in range(SIGNATURE_END, header)}
    found = among_whole_files(tmp_path / "data", damaged)
    assert len(found) + len(found.skipped_files) == len(damaged) + 4
    usable = [
        look_at(record.encoded, color_mode="gray", maximum_aspect_ratio=10).exclusion is None
        for record in found.records()
    ]
    assert sum(usable) == 4
    assert {reason.partition(":")[0] for _, reason in found.skipped_files} == {"cannot be used"}


def test_what_says_neither_its_kind_nor_its_pixels_is_no_file_without_an_image(tmp_path: Path) -> None:
    kinds = {
        "cut": (MRImageStorage, None),
        "renamed": (MRImageStorage, EncapsulatedPDFStorage),
        "map": (None, ParametricMapStorage),
        "none": (None, None),
        "report": (EncapsulatedPDFStorage, EncapsulatedPDFStorage),
        "report by its start": (EncapsulatedPDFStorage, None),
        "cut report": (EncapsulatedPDFStorage, EncapsulatedPDFStorage),
        "private": (None, UID("1.3.12.2.1107.5.9.1")),
        "cut private": (None, UID("1.3.12.2.1107.5.9.1")),
    }
    tree(tmp_path)
    for number, (name, (of_file, of_dataset)) in enumerate(kinds.items()):
        dataset = changed(Dataset(), PatientID="PATIENT1", SOPClassUID=of_dataset)
        buffer = io.BytesIO()
        dataset.file_meta = FileMetaDataset()
        changed(dataset.file_meta, MediaStorageSOPClassUID=of_file, TransferSyntaxUID=ExplicitVRLittleEndian)
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
        written = bytes(128) + b"DICM" + buffer.getvalue()
        (tmp_path / "ill" / f"{10 + number}.dcm").write_bytes(written[: -4 * name.startswith("cut ") or None])
    reasons = [reason for _, reason in source(tmp_path).skipped_files]
    lacking = "cannot be used: the DICOM file is damaged: it should hold an image, but says nothing about its pixels"
    unknown = "cannot be used: the DICOM file is damaged: it says neither what it holds nor what its pixels are"
    cut = "cannot be used: the DICOM file is damaged: it is cut short"
    report = "no image (Encapsulated PDF Storage)"
    private = "no image (of a kind that is not in the DICOM standard)"
    assert reasons == [lacking, lacking, lacking, unknown, report, report, report, private, cut]

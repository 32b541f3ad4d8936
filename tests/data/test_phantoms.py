import hashlib
import io
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from medimage.data.box import Box
from medimage.data.synthetic import PHANTOM_CLASSES, Phantom, encode_png, generate_phantoms
from medimage.data.synthetic.patient import VISIBLE_SHARE, SyntheticPatient, draw_patient
from medimage.data.synthetic.scanner import SCANNERS
from medimage.data.synthetic.view import View


def digest(phantoms: list[Phantom]) -> str:
    return hashlib.sha256(b"".join(encode_png(phantom.pixels) for phantom in phantoms)).hexdigest()


def small_set(**changes: int) -> list[Phantom]:
    settings = {"patients_per_class": 3, "images_per_patient": 2, "image_size": 64, "seed": 7} | changes
    return list(generate_phantoms(**settings))


def test_same_seed_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib; from medimage.data.synthetic import encode_png, generate_phantoms;"
        "phantoms = generate_phantoms(patients_per_class=3, images_per_patient=2, image_size=64, seed=7);"
        "print(hashlib.sha256(b''.join(encode_png(phantom.pixels) for phantom in phantoms)).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(small_set())


def test_another_seed_gives_other_images() -> None:
    same = [np.array_equal(one.pixels, other.pixels) for one, other in zip(small_set(), small_set(seed=8), strict=True)]
    assert not any(same)


@pytest.mark.parametrize("more", [{"patients_per_class": 5}, {"images_per_patient": 4}])
def test_larger_set_contains_the_smaller_one_unchanged(more: dict[str, int]) -> None:
    larger = {phantom.name: phantom for phantom in small_set(**more)}
    for phantom in small_set():
        assert np.array_equal(larger[phantom.name].pixels, phantom.pixels)
        assert larger[phantom.name].lesion_boxes == phantom.lesion_boxes


def test_no_image_repeats() -> None:
    phantoms = small_set()
    assert len({phantom.pixels.tobytes() for phantom in phantoms}) == len(phantoms) == 3 * 2 * 5
    assert len({phantom.name for phantom in phantoms}) == len(phantoms)


def test_every_patient_has_one_class_one_scanner_and_the_asked_number_of_images() -> None:
    phantoms = small_set()
    assert set(Counter(phantom.patient for phantom in phantoms).values()) == {2}
    assert len({(phantom.patient, phantom.class_name, phantom.scanner) for phantom in phantoms}) == 3 * 5
    assert Counter(phantom.class_name for phantom in phantoms) == dict.fromkeys(PHANTOM_CLASSES, 6)


def test_scanner_tells_nothing_about_the_class() -> None:
    phantoms = small_set(patients_per_class=10, images_per_patient=1)
    scanners = sorted({phantom.scanner for phantom in phantoms})
    table = [
        [sum(phantom.class_name == name and phantom.scanner == scanner for phantom in phantoms) for scanner in scanners]
        for name in PHANTOM_CLASSES
    ]
    assert len(scanners) == 2
    # Equal rows: whatever the test of independence, it finds none.
    assert table == [[5, 5]] * len(PHANTOM_CLASSES)


def test_no_two_patients_share_their_anatomy() -> None:
    patients = [draw_patient(name, number, image_size=32, seed=0) for name in PHANTOM_CLASSES for number in range(4)]
    chests = np.stack([patient.healthy.ravel() for patient in patients])
    similarities = np.asarray(np.corrcoef(chests))[np.triu_indices(len(chests), 1)]
    assert similarities.max() < 0.995


def test_exposure_hides_how_much_tissue_there_is_on_the_whole() -> None:
    flat = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    for scanner in SCANNERS:
        thin = scanner.acquire(flat, np.random.default_rng(0)).astype(int)
        thick = scanner.acquire(2 * flat + 3, np.random.default_rng(0)).astype(int)
        assert np.abs(thin - thick).max() <= 1


def test_scanners_differ_in_the_grain_of_their_noise() -> None:
    flat = np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1))
    correlations = {}
    for scanner in SCANNERS:
        images = [scanner.acquire(flat, np.random.default_rng(number)).astype(float) for number in range(8)]
        noise = [image[20:108, 20:108] - image[20:108, 20:108].mean(axis=0) for image in images]
        correlations[scanner.name] = np.mean([np.corrcoef(one[1:].ravel(), one[:-1].ravel())[0, 1] for one in noise])
    assert correlations["computed"] > 0.5
    assert abs(correlations["digital"]) < 0.1


def test_images_use_the_grey_scale_without_being_clipped_away() -> None:
    for phantom in small_set():
        assert phantom.pixels.shape == (64, 64)
        assert phantom.pixels.std() > 20
        assert np.mean(phantom.pixels == 255) < 0.15


@pytest.mark.parametrize("image_size", [32, 65, 200])
def test_any_image_size_shows_the_same_patient(image_size: int) -> None:
    reference = draw_patient("tuberculosis", 0, image_size=128, seed=3).take_image(0, image_size=128)
    phantom = draw_patient("tuberculosis", 0, image_size=image_size, seed=3).take_image(0, image_size=image_size)
    assert phantom.pixels.shape == (image_size, image_size)
    thumbnails = [
        np.asarray(Image.fromarray(one.pixels).resize((16, 16), Image.Resampling.BOX)).ravel()
        for one in (reference, phantom)
    ]
    assert np.corrcoef(thumbnails)[0, 1] > 0.85
    for box, expected in zip(phantom.lesion_boxes, reference.lesion_boxes, strict=True):
        scaled = expected.resized(old_size=(128, 128), new_size=(image_size, image_size))
        assert abs(box.left - scaled.left) <= max(2, image_size // 40)
        assert abs(box.bottom - scaled.bottom) <= max(2, image_size // 40)


def test_png_bytes_decode_to_the_same_pixels() -> None:
    phantom = small_set(patients_per_class=1, images_per_patient=1)[0]
    with Image.open(io.BytesIO(encode_png(phantom.pixels))) as image:
        assert image.format == "PNG"
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), phantom.pixels)


def covered(boxes: tuple[Box, ...], size: int) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def sick_patients() -> list[SyntheticPatient]:
    return [
        draw_patient(name, number, image_size=96, seed=11)
        for name in PHANTOM_CLASSES
        if name != "normal"
        for number in range(6)
    ]


def test_boxes_enclose_what_the_disease_changes() -> None:
    for patient in sick_patients():
        phantom = patient.take_image(0, image_size=96)
        # The image's position is the first thing drawn from its own stream, so it can be drawn again here.
        stream = np.random.SeedSequence(11, spawn_key=(PHANTOM_CLASSES.index(patient.class_name), patient.number, 0))
        view = View.sample(np.random.default_rng(stream))
        with_disease = view.project(sum(patient.findings, start=patient.healthy), image_size=96)
        without = view.project(patient.healthy, image_size=96)
        change = np.abs(with_disease - without)
        inside = covered(phantom.lesion_boxes, 96)
        assert change[~inside].sum() <= 0.02 * change.sum()
        assert change[~inside].max(initial=0) <= 2 * VISIBLE_SHARE * change.max()


def test_every_box_holds_a_visible_finding_and_little_more() -> None:
    for patient in sick_patients():
        phantom = patient.take_image(0, image_size=96)
        assert len(phantom.lesion_boxes) == len(patient.findings) >= 1
        for box in phantom.lesion_boxes:
            assert box.area >= 6
            # The widest finding is the net over one whole lung.
            assert box.area <= 0.45 * 96 * 96


def test_normal_chest_has_no_box() -> None:
    assert all(
        (phantom.class_name == "normal") == (phantom.lesion_boxes == ()) for phantom in small_set(images_per_patient=1)
    )


def test_disease_lies_where_its_class_has_it() -> None:
    def middles(class_name: str) -> np.ndarray:
        phantoms = (
            draw_patient(class_name, number, image_size=64, seed=5).take_image(0, image_size=64) for number in range(12)
        )
        return np.array(
            [
                ((box.left + box.right) / 128 - 0.5, (box.top + box.bottom) / 128 - 0.5)
                for phantom in phantoms
                for box in phantom.lesion_boxes
            ]
        )

    tuberculosis, covid = middles("tuberculosis"), middles("covid")
    assert np.mean(tuberculosis[:, 1] < 0) > 0.9
    assert np.mean(np.abs(covid[:, 0])) > 1.2 * np.mean(np.abs(tuberculosis[:, 0]))
    assert {-1.0, 1.0} == set(np.sign(covid[:, 0]))


@pytest.mark.parametrize(
    ("name", "value"), [("patients_per_class", 0), ("images_per_patient", 0), ("image_size", 31), ("seed", -1)]
)
def test_senseless_numbers_are_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"Expected {name} to be at least"):
        small_set(**{name: value})


@pytest.mark.parametrize(
    ("lesion_boxes", "message"),
    [
        pytest.param((), "boxes exactly where there is disease", id="disease without a box"),
        pytest.param((Box(left=0, top=0, right=9, bottom=2),), "boxes inside 8 x 8", id="a box outside the image"),
    ],
)
def test_phantom_refuses_boxes_that_cannot_be_right(lesion_boxes: tuple[Box, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Phantom(
            name="one",
            class_name="covid",
            patient="one",
            scanner="digital",
            pixels=np.zeros((8, 8), dtype=np.uint8),
            lesion_boxes=lesion_boxes,
        )

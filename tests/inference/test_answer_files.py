import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from medimage.inference.answer_files import answer_files
from medimage.inference.image_answer import ImageAnswer
from medimage.inference.image_file import ImageFile, images_below
from medimage.serving.classifier import ImageClassifier
from tests.support.exported import CLASSES, SLOPE, brightness_onnx, rules_of
from tests.support.images import encode


@pytest.fixture(scope="module")
def classifier() -> ImageClassifier:
    return ImageClassifier(brightness_onnx(), threads=1)


def write_grays(folder: Path, count: int) -> tuple[ImageFile, ...]:
    for number in range(count):
        (folder / f"{number:03d}.png").write_bytes(encode(np.full((40, 40), 5 * number, np.uint8)))
    return images_below(folder)


def test_every_file_gets_the_probabilities_that_the_network_states(tmp_path: Path, classifier: ImageClassifier) -> None:
    answers = list(answer_files(classifier, write_grays(tmp_path, 50)))
    assert [answer.name for answer in answers] == [f"{number:03d}.png" for number in range(50)]
    for number, answer in enumerate(answers):
        expected = softmax(SLOPE * 5 * number / 255 * np.array([1, 0, -1]))
        assert list(answer.probabilities) == list(CLASSES)
        assert list(answer.probabilities.values()) == pytest.approx(expected, abs=1e-6)
        assert answer.label == CLASSES[int(expected.argmax())]
        assert answer.confidence == pytest.approx(expected.max(), abs=1e-6)
        assert answer.sha256 == hashlib.sha256((tmp_path / answer.name).read_bytes()).hexdigest()


def test_answers_are_held_against_the_operating_points_of_the_model(tmp_path: Path) -> None:
    classifier = ImageClassifier(brightness_onnx(rules=rules_of(CLASSES, threshold=0.4)), threads=1)
    for answer in answer_files(classifier, write_grays(tmp_path, 50)):
        assert {name: answer.is_positive(name) for name in CLASSES} == {
            name: value >= 0.4 for name, value in answer.probabilities.items()
        }
        assert answer.abstained is None


def test_a_file_alone_is_answered_as_it_is_among_others(tmp_path: Path, classifier: ImageClassifier) -> None:
    files = write_grays(tmp_path, 20)
    among = list(answer_files(classifier, files))
    (alone,) = answer_files(classifier, files[13:14])
    assert alone.probabilities == pytest.approx(among[13].probabilities, abs=1e-6)


def test_a_file_that_cannot_be_used_costs_no_other_one_its_answer(tmp_path: Path, classifier: ImageClassifier) -> None:
    files = [*write_grays(tmp_path, 3), ImageFile(name="gone.png", path=tmp_path / "gone.png")]
    (tmp_path / "001.png").write_bytes((tmp_path / "001.png").read_bytes()[:40])
    (tmp_path / "empty.png").write_bytes(b"")
    files.append(ImageFile(name="empty.png", path=tmp_path / "empty.png"))
    first, damaged, last, gone, empty = answer_files(classifier, files)
    assert first.label
    assert last.label
    assert (damaged.label, damaged.confidence) == ("", None)
    assert damaged.sha256 == hashlib.sha256((tmp_path / "001.png").read_bytes()).hexdigest()
    assert "No such file" in gone.refusal
    assert gone.sha256 == ""
    assert empty.refusal
    assert str(tmp_path) not in damaged.refusal + gone.refusal + empty.refusal


def test_what_is_not_opened_says_why(tmp_path: Path, classifier: ImageClassifier) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "huge.tif").touch()
    os.truncate(tmp_path / "huge.tif", 2**30)
    with Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.png")).open("wb") as file:
        file.write(encode(np.zeros((40, 40), np.uint8)))
    told = {answer.name: answer.refusal for answer in answer_files(classifier, images_below(tmp_path))}
    assert "a pipe" in told["pipe.png"]
    assert "1,024 MiB" in told["huge.tif"]
    assert "rename it" in told[r"bad\xff.png"]


def test_an_image_that_breaks_the_network_costs_no_other_one_its_answer(tmp_path: Path) -> None:
    # Anything but black is too large for float32.
    classifier = ImageClassifier(brightness_onnx(white=1e-38), threads=1)
    for name, gray in (("a", 0), ("b", 255), ("c", 0)):
        (tmp_path / f"{name}.png").write_bytes(encode(np.full((40, 40), gray, np.uint8)))
    first, broken, last = answer_files(classifier, images_below(tmp_path))
    assert "no finite number" in broken.refusal
    assert list(first.probabilities.values()) == list(last.probabilities.values()) == pytest.approx([1 / 3] * 3)


def test_an_answer_is_one_or_the_other() -> None:
    with pytest.raises(ValueError, match="either"):
        ImageAnswer(name="a", sha256="", probabilities={})
    with pytest.raises(ValueError, match="either"):
        ImageAnswer(name="a", sha256="", probabilities={"x": 1.0}, refusal="damaged")

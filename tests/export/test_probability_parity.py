from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from medimage.errors import ExportError
from medimage.export.agreement import Parity
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.probability_parity import compare_probabilities
from medimage.serving.graph_session import open_session
from tests.support.exported import SLOPE, brightness_onnx

PIXELS = np.random.default_rng(0).integers(0, 256, (75, 32, 32, 1), dtype=np.uint8)


def judged(pixels: np.ndarray = PIXELS, *, shift: float = 0.0) -> np.ndarray:
    """Returns what the brightness model says; `shift` is added to the second logit."""
    brightness = pixels.mean((1, 2)) / 255
    return (brightness * [SLOPE, 0, -SLOPE] + [0, shift, 0]).astype(np.float32)


def compare(
    onnx: bytes, pixels: np.ndarray = PIXELS, logits: np.ndarray | None = None, *, temperature: float = 1.0
) -> Parity:
    logits = judged(pixels) if logits is None else logits
    session = open_session(onnx, threads=1)
    return compare_probabilities(
        lambda batch: session.run(["probabilities"], {"image": batch})[0],  # type: ignore[return-value]
        [JudgedAnswers(pixels=pixels, logits=logits, temperature=temperature)],
        tolerance=1e-4,
    )


def test_equal_answers_are_equal_on_every_image() -> None:
    parity = compare(brightness_onnx())
    assert parity.proven
    assert (parity.images, parity.identical_decisions) == (75, 75)
    assert parity.max_difference < 1e-6


def test_read_only_memory_map_is_accepted(tmp_path: Path) -> None:
    np.save(tmp_path / "pixels.npy", PIXELS)
    assert compare(brightness_onnx(), np.load(tmp_path / "pixels.npy", mmap_mode="r"), judged()).proven


def test_difference_is_the_largest_of_all_images() -> None:
    pixels = np.zeros((40, 32, 32, 1), np.uint8)
    pixels[-1] = 255  # only here do the slopes matter, and it stands in the last batch
    with pytest.raises(ExportError, match="largest difference") as caught:
        compare(brightness_onnx(slope=3.9), pixels)
    exact = softmax([4.0, 0, -4])[0] - softmax([3.9, 0, -3.9])[0]
    assert f"{exact:.4g}"[:5] in str(caught.value)


def test_another_temperature_is_a_difference() -> None:
    with pytest.raises(ExportError, match="differs from the trained network"):
        compare(brightness_onnx(), temperature=1.1)


def test_graph_is_compared_with_what_was_judged_and_not_with_what_the_network_would_say_now() -> None:
    logits = judged()
    logits[40, 0] += 0.01
    with pytest.raises(ExportError, match="network that was judged"):
        compare(brightness_onnx(), PIXELS, logits)


def test_another_decision_is_refused_though_probabilities_are_close() -> None:
    black = np.zeros((3, 32, 32, 1), np.uint8)  # all classes are equal: the first is named, or the shifted second
    with pytest.raises(ExportError, match=r"decides otherwise .* on 3 of 3"):
        compare(brightness_onnx(), black, judged(black, shift=1e-5))


def test_answer_that_is_no_number_is_a_difference() -> None:
    with pytest.raises(ExportError, match="nan"):
        compare(brightness_onnx(slope=float("inf")))


def test_judged_answer_that_is_no_number_is_a_difference() -> None:
    with pytest.raises(ExportError, match="nan"):
        compare(brightness_onnx(), PIXELS, np.full((75, 3), np.nan, np.float32))


def test_answers_on_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="one answer for each of 75 images but got 74"):
        compare(brightness_onnx(), PIXELS, judged()[:74])


def test_images_of_several_folds_are_counted_through() -> None:
    session = open_session(brightness_onnx(), threads=1)
    black = np.zeros((3, 32, 32, 1), np.uint8)
    parts = [
        JudgedAnswers(pixels=PIXELS, logits=judged(), temperature=1.0),
        JudgedAnswers(pixels=black, logits=judged(black, shift=1e-5), temperature=1.0),
    ]
    with pytest.raises(ExportError, match=r"on 3 of 78 test images \(the first is number 75\)"):
        compare_probabilities(lambda batch: session.run(["probabilities"], {"image": batch})[0], parts, tolerance=1e-4)  # type: ignore[return-value]


def test_progress_is_shown_to_a_person(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    compare(brightness_onnx())
    assert "Comparing the exported graph" in capsys.readouterr().err

"""Graphs in 8-bit integers on processors that this machine does not have, emulated instruction by instruction."""

from pathlib import Path

import numpy as np
import pytest

from medimage.export.precision.choose_precision import ChosenGraph
from medimage.serving.classifier import ImageClassifier
from tests.support.emulated import QEMU, WITHOUT_AVX, WITHOUT_VNNI, run_emulated
from tests.support.reduced import WHATEVER_THE_SPEED, choose, judged_model

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(QEMU is None, reason="needs QEMU's user-mode emulator (Debian: qemu-user-static)"),
    pytest.mark.timeout(1800),
]

ANSWER = """
import numpy as np
from pathlib import Path
from medimage.serving.classifier import ImageClassifier
from medimage.serving.exact_sums import sums_are_cut_off

print(sums_are_cut_off())
classifier = ImageClassifier(Path("model.onnx").read_bytes(), threads=1)
np.save("logits.npy", classifier.logits(np.load("pixels.npy")))
"""

ANSWER_WITHOUT_A_LOOK_AT_SUMS = """
from pathlib import Path
from medimage.serving import graph_session
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prove_answers import OtherAnswersError

graph_session.sums_are_cut_off = lambda: False
try:
    ImageClassifier(Path("model.onnx").read_bytes(), threads=1)
except OtherAnswersError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def chosen() -> ChosenGraph:
    return choose(judged_model(), config=WHATEVER_THE_SPEED.model_copy(update={"candidates": ("int8",)}))


@pytest.mark.parametrize(("processor", "cut_off"), [(WITHOUT_VNNI, True), (WITHOUT_AVX, False)])
def test_answers_are_those_that_were_judged(chosen: ChosenGraph, tmp_path: Path, processor: str, cut_off: bool) -> None:
    pixels = np.asarray(judged_model().test.pixels[:8])
    (tmp_path / "model.onnx").write_bytes(chosen.exported.onnx)
    np.save(tmp_path / "pixels.npy", pixels)
    assert run_emulated(ANSWER, processor=processor, folder=tmp_path).split() == [str(cut_off)]
    here = ImageClassifier(chosen.exported.onnx, threads=1).logits(pixels)
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), here, atol=1e-4)


def test_sums_that_are_cut_off_are_seen_by_the_self_test_alone(chosen: ChosenGraph, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(chosen.exported.onnx)
    told = run_emulated(ANSWER_WITHOUT_A_LOOK_AT_SUMS, processor=WITHOUT_VNNI, folder=tmp_path)
    assert told.startswith("Expected the graph in int8 to say what it said where it was judged, within ")

"""Nothing that the service uses tells anybody of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.exported import make_exported
from tests.support.served import GOOD

PREDICT = """
import sys
from pathlib import Path
from medimage.serving.classifier import ImageClassifier
model, image = map(Path, sys.argv[1:])
print(ImageClassifier(model.read_bytes(), threads=1).predict(image.read_bytes()).label)
"""

RUN_ALONE = "import sys, onnxruntime; onnxruntime.InferenceSession(sys.argv[1])"


def files_left_by(program: str, folder: Path) -> list[Path]:
    """Runs a program with a home of its own, and without what test runners set, which keeps onnxruntime quiet."""
    home = folder / "home"
    home.mkdir()
    (folder / "model.onnx").write_bytes(make_exported().onnx)
    (folder / "image.png").write_bytes(GOOD)
    finished = subprocess.run(
        [sys.executable, "-c", program, str(folder / "model.onnx"), str(folder / "image.png")],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return list(home.rglob("*"))


def test_an_answer_leaves_no_identifier_and_no_events(tmp_path: Path) -> None:
    assert files_left_by(PREDICT, tmp_path) == []


def test_onnxruntime_alone_would_leave_them(tmp_path: Path) -> None:
    # Where this fails, onnxruntime has become quiet by itself, and the variable that keeps it quiet can go.
    if sys.platform != "linux":
        pytest.skip("what it writes where is known of Linux only")
    assert files_left_by(RUN_ALONE, tmp_path)

"""What `bentoml serve` refuses to start, told in a sentence and without a traceback."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from medimage.serving.bundle import PackagedBento, build_bento
from tests.support.exported import SLOPE, brightness_onnx, make_card, make_exported, self_test_of
from tests.support.processes import free_port
from tests.support.served import serve_command, serve_environment


def start(bento: PackagedBento, folder: Path, *, host: str = "127.0.0.1", **settings: str) -> str:
    """Starts a service that must not start, and returns what it prints."""
    finished = subprocess.run(
        serve_command(bento, host=host, port=free_port()),
        cwd=folder,
        env={**os.environ, **serve_environment(bento, **settings)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    return finished.stderr


def test_a_service_that_others_can_reach_needs_a_token(bento: PackagedBento, tmp_path: Path) -> None:
    assert "would answer everybody who can reach 0.0.0.0" in start(bento, tmp_path, host="0.0.0.0")


def test_a_bad_token_is_refused_and_not_shown(bento: PackagedBento, tmp_path: Path) -> None:
    told = start(bento, tmp_path, tokens="ward-3:short")
    assert "NAME:TOKEN" in told
    assert "short" not in told


def test_a_changed_model_is_not_served(bento: PackagedBento, tmp_path: Path) -> None:
    home = tmp_path / "bentoml"
    shutil.copytree(bento.path.parents[2], home)
    copy = PackagedBento(tag=bento.tag, path=home / bento.path.relative_to(bento.path.parents[2]))
    model = copy.path / "src" / "medimage" / "serving" / "model" / "model.onnx"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    assert "model.onnx in" in (told := start(copy, tmp_path))
    assert "changed since the model was packaged" in told


def test_a_folder_for_the_log_that_cannot_be_made_is_refused(bento: PackagedBento, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "MEDIMAGE_SERVE_PREDICTION_LOG" in start(bento, tmp_path, prediction_log=str(tmp_path / "file"))


def test_a_graph_in_fewer_bits_that_answers_otherwise_here_is_not_served(tmp_path: Path) -> None:
    other = self_test_of(brightness_onnx(slope=2 * SLOPE))
    bento = build_bento(
        exported=replace(make_exported(), onnx=brightness_onnx(self_test=other)),
        card={**make_card().with_version("1.2.3").to_dict(), "precision": "int8"},
        name="medimage-test",
        bento_home=tmp_path / "bentoml",
    )
    told = start(bento, tmp_path)
    assert "lung-brightness 1.2.3 is not served here. Expected the graph in int8 to say what it said where it" in told
    assert "serve the model in single precision" in told

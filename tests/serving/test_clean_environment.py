"""A Bento in an environment of nothing but its own packages, as on the machine that it is carried to."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from medimage.serving.bundle import PackagedBento
from medimage.serving.classifier import ImageClassifier
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.images import encode, textured
from tests.support.processes import free_port, running_server
from tests.support.served import serve_environment

# Installing takes a package index, and half a minute.
pytestmark = pytest.mark.proof

UNWANTED = ("torch", "torchvision", "timm", "zenml", "mlflow", "pandas", "sklearn", "onnx", "medimage")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, bento: PackagedBento) -> Path:
    """The interpreter of a new environment with the Bento's requirements."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(uv).is_file():
        pytest.skip("there is no uv to make an environment with")
    folder = tmp_path_factory.mktemp("clean") / "venv"
    requirements = bento.path / "env" / "python" / "requirements.txt"
    python = folder / "bin" / "python"
    install = [uv, "pip", "install", "--compile-bytecode", "--python", str(python), "-r", str(requirements)]
    for command in ([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], install):
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
    return python


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, python: Path, bento: PackagedBento, record_testsuite_property: Callable
) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("elsewhere")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    begun = time.perf_counter()
    with (
        running_server(
            [str(python), "-m", "bentoml", "serve", bento.tag, "--host", "127.0.0.1", "--port", str(port)],
            address=address,
            ready="/readyz",
            cwd=folder,
            environment={**serve_environment(bento), "PYTHONPATH": ""},
            log=folder / "serve.log",
        ),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        record_testsuite_property("seconds to ready", round(time.perf_counter() - begun, 2))
        yield client
    assert "Traceback" not in (folder / "serve.log").read_text()


@pytest.mark.parametrize("module", UNWANTED)
def test_nothing_is_there_that_the_service_does_without(python: Path, tmp_path: Path, module: str) -> None:
    found = subprocess.run(
        [str(python), "-c", f"import {module}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ModuleNotFoundError" in found.stderr


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "DICOM"])
def test_every_format_is_answered_as_here(client: httpx.Client, bento: PackagedBento, image_format: str) -> None:
    pixels = textured(3, size=100)
    data = dicom_bytes(gray_dataset(pixels)) if image_format == "DICOM" else encode(pixels, image_format)
    onnx = (bento.path / "src" / "medimage" / "serving" / "model" / "model.onnx").read_bytes()
    expected = ImageClassifier(onnx, threads=1).predict(data).probabilities
    response = client.post("/predict", files={"image": data})
    assert response.status_code == 200
    np.testing.assert_array_equal(list(response.json()["probabilities"].values()), list(expected.values()))


@pytest.mark.parametrize("path", ["/", "/docs", "/docs.json", "/card", "/health", "/metrics", "/readyz"])
def test_every_page_is_there(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200

"""The serving image, built and started as docs/how-to/containers.md says."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from medimage.data.synthetic.generator import generate_phantoms
from medimage.serving.bundle import PackagedBento
from medimage.serving.classifier import ImageClassifier
from tests.support.containers import container, wait_until_healthy
from tests.support.image_builder import ImageBuilder
from tests.support.images import encode
from tests.support.secret_index import PASSWORD
from tests.support.served_containers import (
    TOKENS_FILE,
    USER,
    ServedContainer,
    serving_container,
    tokens_file,
    wait_until_ready,
)

# Building takes a package index, root, and minutes.
pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

PHANTOMS = [
    encode(phantom.pixels)
    for phantom in generate_phantoms(patients_per_class=1, images_per_patient=1, image_size=96, seed=3)
]

ABSENT = ("torch", "torchvision", "timm", "zenml", "mlflow", "pandas", "sklearn", "onnx", "pip", "setuptools", "pytest")


@pytest.fixture(scope="module")
def settings(builder: ImageBuilder, serve_image: str) -> dict[str, Any]:
    return builder.settings(serve_image)


@pytest.fixture(scope="module")
def served(
    serve_files: Path,
    settings: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    record_testsuite_property: Callable,
) -> Iterator[ServedContainer]:
    with serving_container(serve_files, settings, tmp_path_factory.mktemp("served")) as served:
        record_testsuite_property("seconds from the container's start to ready", served.seconds)
        yield served
    assert "Traceback" not in served.container.output.read_text()


@pytest.mark.parametrize("number", range(len(PHANTOMS)))
def test_an_image_is_answered_as_on_this_machine(served: ServedContainer, bento: PackagedBento, number: int) -> None:
    onnx = (bento.path / "src" / "medimage" / "serving" / "model" / "model.onnx").read_bytes()
    expected = ImageClassifier(onnx, threads=1).predict(PHANTOMS[number]).probabilities
    response = served.client.post("/predict", files={"image": PHANTOMS[number]})
    assert response.status_code == 200
    assert response.json()["probabilities"] == expected


def test_without_a_token_nothing_is_answered(served: ServedContainer) -> None:
    response = httpx.post(f"{served.client.base_url}/predict", files={"image": PHANTOMS[0]})
    assert response.status_code == 401


def test_every_process_is_an_ordinary_user_without_capabilities(served: ServedContainer) -> None:
    processes = served.container.processes()
    assert len(processes) >= 2
    for number in processes:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{number}/status").read_text().splitlines())
        assert status["Uid"].split() == [str(USER)] * 4
        assert status["Gid"].split() == [str(USER)] * 4
        assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
        assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("folder", ["/", "/opt/bento", "/opt/venv", "/etc", "/var/log", "/usr/lib"])
def test_no_folder_of_the_image_can_be_written_to(served: ServedContainer, folder: str) -> None:
    finished = served.container.execute("python", "-c", f"open({folder!r} + '/new', 'w')")
    assert finished.returncode == 1
    assert "Read-only file system" in finished.stderr


def test_it_keeps_nothing_but_what_bentoml_needs(served: ServedContainer) -> None:
    assert served.client.post("/predict", files={"image": PHANTOMS[0]}).status_code == 200
    left = served.container.execute("find", "/tmp", "-mindepth", "1", "-maxdepth", "1", "-printf", "%f\n")
    assert all(name.startswith("bentoml") for name in left.stdout.split())


def test_the_bento_is_not_the_users_own_either(serve_files: Path) -> None:
    # Where somebody forgets --read-only.
    for path in (serve_files / "opt").rglob("*"):
        status = path.lstat()
        assert status.st_uid == 0
        assert path.is_symlink() or not status.st_mode & 0o022


def test_answers_are_logged_in_the_volume(served: ServedContainer) -> None:
    response = served.client.post("/predict", files={"image": PHANTOMS[1]})
    rows = [json.loads(line) for file in served.log.iterdir() for line in file.read_text().splitlines()]
    assert response.json()["prediction_id"] in {row["prediction_id"] for row in rows}
    assert {file.stat().st_uid for file in served.log.iterdir()} == {USER}


def test_a_killed_process_is_followed_by_another(served: ServedContainer) -> None:
    workers = {n for n, command in served.container.processes().items() if "worker.service" in command}
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    while workers & set(served.container.processes()):
        time.sleep(0.05)
    wait_until_ready(served.client, served.container)
    assert served.client.post("/predict", files={"image": PHANTOMS[0]}).status_code == 200
    followers = {n for n, command in served.container.processes().items() if "worker.service" in command}
    assert len(followers) == len(workers)


def test_sigterm_ends_it_without_an_error(serve_files: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    with serving_container(serve_files, settings, tmp_path) as served:
        # Docker and Kubernetes kill what has not ended after ten and thirty seconds.
        assert served.container.end(seconds=10) == 0


def test_as_it_is_published_it_becomes_healthy(serve_files: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    kind, *check = settings["Healthcheck"]["Test"]
    assert kind == "CMD"
    with container(
        serve_files,
        settings,
        folder=tmp_path / "runc",
        environment={"MEDIMAGE_SERVE_TOKENS_FILE": TOKENS_FILE},
        mounted={tokens_file(tmp_path): TOKENS_FILE},
        own_network=True,
    ) as running:
        assert running.execute(*check).returncode != 0
        wait_until_healthy(running, check)


def test_without_tokens_it_says_so_and_ends(serve_files: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    with container(serve_files, settings, folder=tmp_path / "runc", own_network=True) as running:
        assert running.process.wait(timeout=60) == 1
    output = running.output.read_text()
    assert "The service would answer everybody who can reach 0.0.0.0, without a token." in output
    assert "Traceback" not in output


def test_its_settings_let_nobody_in(settings: dict[str, Any]) -> None:
    assert settings["User"] == f"{USER}:{USER}"
    assert settings["StopSignal"] == "SIGTERM"
    assert list(settings["ExposedPorts"]) == ["3000/tcp"]
    assert not [variable for variable in settings["Env"] if variable.startswith("MEDIMAGE_SERVE_")]


@pytest.mark.parametrize("module", ABSENT)
def test_nothing_is_there_that_the_service_does_without(served: ServedContainer, module: str) -> None:
    finished = served.container.execute("/opt/venv/bin/python", "-c", f"import {module}")
    assert "ModuleNotFoundError" in finished.stderr


def test_there_is_no_compiler(serve_files: Path) -> None:
    compilers = {"cc", "gcc", "g++", "c++", "clang", "make", "ld"}
    programs = {path.name for folder in ("usr/bin", "usr/local/bin") for path in (serve_files / folder).iterdir()}
    assert not compilers & programs


def test_the_index_that_packages_came_from_is_nowhere(
    builder: ImageBuilder, serve_image: str, serve_files: Path
) -> None:
    assert PASSWORD not in builder.description(serve_image)
    for path in serve_files.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert PASSWORD.encode() not in path.read_bytes(), path
    assert not list(serve_files.glob("root/.cache/*"))

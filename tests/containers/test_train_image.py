"""The training image, built and started as docs/how-to/containers.md says, and what it packages, served."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from medimage.data.synthetic.generator import generate_phantoms
from medimage.serving.bento_contents import LOCK
from medimage.serving.classifier import ImageClassifier
from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY
from tests.support.containers import container, wait_until_healthy
from tests.support.image_builder import ImageBuilder
from tests.support.images import encode
from tests.support.secret_index import PASSWORD
from tests.support.served_containers import USER, given_to_user, serving_container

# Building takes a package index, root, 13 GB and minutes.
pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

COMPOSE = yaml.safe_load((PROJECT / "docker" / "compose.yaml").read_text())

ZENML_ENTRY_POINT = ["uvicorn", "zenml.zen_server.zen_server_api:app", "--host", "0.0.0.0", "--port", "8080"]
"""That of ZenML's image, as its Dockerfile has it."""

PHANTOMS = [
    encode(phantom.pixels)
    for phantom in generate_phantoms(patients_per_class=1, images_per_patient=1, image_size=96, seed=3)
]


@pytest.fixture(scope="module")
def settings(builder: ImageBuilder, train_image: str) -> dict[str, Any]:
    return builder.settings(train_image)


@pytest.fixture(scope="module")
def train_files(builder: ImageBuilder, train_image: str) -> Iterator[Path]:
    with builder.files(train_image) as files:
        yield files


@pytest.fixture(scope="module")
def volume(train_files: Path, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run leaves in the volume, trained without any network."""
    folder = tmp_path_factory.mktemp("trained")
    volume = folder / "volume"
    volume.mkdir()
    given_to_user(volume, mode=0o700)
    with container(
        train_files,
        settings,
        folder=folder / "runc",
        arguments=[*TINY, *OPEN_GATE, "--summary", "/medimage/summary.json"],
        mounted={volume: "/medimage"},
        own_network=True,
    ) as running:
        exit_code = running.process.wait(timeout=1200)
        assert exit_code == 0, running.output.read_text()[-5000:]
    return volume


@pytest.fixture(scope="module")
def trained_bento(volume: Path) -> Path:
    (description,) = volume.glob("bentoml/bentos/*/*/bento.yaml")
    return description.parent


def test_a_run_ends_with_everything_in_the_volume(volume: Path) -> None:
    steps = json.loads((volume / "summary.json").read_text())["steps"]
    assert {step["status"] for step in steps.values()} == {"completed"}
    assert list(volume.glob("runs/*/report.html"))
    assert (volume / "mlflow" / "mlflow.db").is_file()
    assert {path.stat().st_uid for path in volume.rglob("*")} == {USER}


def test_its_bento_asks_for_the_locked_packages(trained_bento: Path) -> None:
    assert (trained_bento / "src" / LOCK).is_file()


def test_its_model_answers_in_the_serving_image_as_on_this_machine(
    trained_bento: Path, builder: ImageBuilder, serve_image: str, serve_files: Path, tmp_path: Path
) -> None:
    model = trained_bento / "src" / "medimage" / "serving" / "model"
    classifier = ImageClassifier((model / "model.onnx").read_bytes(), threads=1)
    with serving_container(
        serve_files,
        builder.settings(serve_image),
        tmp_path,
        environment={"MEDIMAGE_SERVE_MODEL_FOLDER": "/srv"},
        mounted={model: "/srv"},
    ) as served:
        for phantom in PHANTOMS:
            response = served.client.post("/predict", files={"image": phantom})
            assert response.json()["probabilities"] == classifier.predict(phantom).probabilities


def test_the_other_commands_are_there(train_files: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    changed = settings | {"Entrypoint": ["medimage", "--help"]}
    with container(train_files, changed, folder=tmp_path / "runc", own_network=True) as running:
        assert running.process.wait(timeout=120) == 0
    assert "registry" in running.output.read_text()


def test_nothing_of_this_machine_is_in_it(builder: ImageBuilder, train_image: str, train_files: Path) -> None:
    code = {path.name for path in (train_files / "opt" / "medimage").iterdir() if path.suffix != ".egg-info"}
    assert code <= {
        *("LICENSE", "README.md", "pyproject.toml", "requirements.lock"),
        *("configs", "materializers", "medimage", "pipelines", "steps"),
    }
    assert PASSWORD not in builder.description(train_image)
    for folder in ("etc", "root", "tmp", "opt/medimage"):
        for path in (train_files / folder).rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert PASSWORD.encode() not in path.read_bytes(), path
    assert not list(train_files.glob("root/.cache/*"))


def test_it_runs_as_an_ordinary_user(settings: dict[str, Any]) -> None:
    assert settings["User"] == f"{USER}:{USER}"
    assert list(settings["Volumes"]) == ["/medimage"]


@pytest.mark.parametrize("server", ["mlflow", "zenml"])
def test_its_servers_run_as_compose_starts_them(
    server: str, train_files: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    # ZenML's own image cannot be had without a registry; the same program of the same version is here.
    service = COMPOSE["services"][server]
    start = [*service["entrypoint"], *service["command"]] if server == "mlflow" else ZENML_ENTRY_POINT
    (volume,) = service["volumes"]
    place = volume.partition(":")[2]
    kept = tmp_path / "kept"
    kept.mkdir()
    user = int(service["user"].partition(":")[0])
    os.chown(kept, user, user)
    with container(
        train_files,
        settings | {"User": service["user"], "Entrypoint": start},
        folder=tmp_path / "runc",
        environment={**service["environment"], "ZENML_CONFIG_PATH": place, "ZENML_CONTAINER": "1"},
        mounted={kept: place},
        own_network=True,
    ) as running:
        wait_until_healthy(running, service["healthcheck"]["test"][1:])
        assert running.end(seconds=30) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    assert list(kept.rglob("*.db"))

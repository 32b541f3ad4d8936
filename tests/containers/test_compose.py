"""docker/compose.yaml keeps what it says."""

import json
import math
import os
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from medimage.serving.image_limits import MAXIMUM_PIXELS
from medimage.serving.request_guard import WAITING_BYTES
from medimage.serving.settings import PREFIX, ServiceSettings
from tests.conftest import PROJECT
from tests.support.decoding_memory import DECODING_BYTES_PER_PIXEL

MEBIBYTE = 2**20
FILE = PROJECT / "docker" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def bytes_of(size: str) -> int:
    """The number that Docker reads: a whole one, and the first letter of its unit."""
    return int(size[:-1]) * {"m": MEBIBYTE, "g": 1024 * MEBIBYTE}[size[-1]]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SERVICES[request.param]


def test_the_servers_and_the_service_are_there() -> None:
    assert set(SERVICES) == {"mlflow", "zenml", "service"}


def test_every_service_is_confined(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


def test_every_service_tells_whether_it_is_well(service: dict[str, Any]) -> None:
    (port,) = service["ports"]
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    assert f"http://127.0.0.1:{port.split(':')[-1]}/" in command[-1]
    compile(command[-1], "the health check", "exec")


def test_no_port_is_open_to_other_machines(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_every_image_is_of_one_version(service: dict[str, Any]) -> None:
    _, _, tag = service["image"].rpartition("/")[2].partition(":")
    assert tag
    assert tag != "latest"


def test_the_servers_are_those_that_the_lock_names() -> None:
    assert SERVICES["zenml"]["image"] == f"docker.io/zenmldocker/zenml-server:{version('zenml')}"
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert SERVICES["mlflow"]["image"] == f"medimage-train:{project['version']}"


def test_volumes_are_named(service: dict[str, Any]) -> None:
    assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])


def test_the_service_has_settings_that_there_are() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in ServiceSettings.model_fields}
    environment = SERVICES["service"]["environment"]
    assert set(environment) <= known
    (secret,) = SERVICES["service"]["secrets"]
    assert environment["MEDIMAGE_SERVE_TOKENS_FILE"] == f"/run/secrets/{secret}"
    assert secret in COMPOSE["secrets"]
    assert "MEDIMAGE_SERVE_ALLOW_ANONYMOUS" not in environment


def test_the_service_keeps_predictions_and_feedback_in_its_volume() -> None:
    settings = ServiceSettings.from_environment(SERVICES["service"]["environment"])
    (volume,) = SERVICES["service"]["volumes"]
    kept = Path(volume.partition(":")[2])
    for folder in (settings.prediction_log, settings.feedback_log):
        assert folder is not None
        assert folder.is_relative_to(kept)


def test_the_service_has_the_memory_that_its_limits_add_up_to() -> None:
    service = SERVICES["service"]
    settings = ServiceSettings.from_environment(service["environment"])
    receiving = settings.maximum_receiving_bytes
    (temporary,) = service["tmpfs"]
    folder, _, options = temporary.partition(":")
    assert folder == "/tmp"
    size = dict(option.split("=") for option in options.split(","))["size"]
    assert bytes_of(size) == receiving + 64 * MEBIBYTE
    images = settings.images_at_a_time or service["cpus"] + 1
    decoding = images * MAXIMUM_PIXELS * DECODING_BYTES_PER_PIXEL
    needed = receiving + WAITING_BYTES + decoding + 1024 * MEBIBYTE
    assert needed <= bytes_of(service["mem_limit"]) < needed + 1024 * MEBIBYTE
    documentation = (PROJECT / "docs/how-to/containers.md").read_text()
    for number in (receiving, WAITING_BYTES, decoding, needed):
        assert f"| {math.ceil(number / MEBIBYTE)} |" in documentation
    assert f"--tmpfs /tmp:size={size} --cpus {service['cpus']} --memory {service['mem_limit']}" in documentation


def test_the_file_of_tokens_cannot_be_committed() -> None:
    tokens = (FILE.parent / COMPOSE["secrets"]["tokens"]["file"]).resolve().relative_to(PROJECT)
    assert f"/{tokens.as_posix()}" in (PROJECT / ".gitignore").read_text().splitlines()


def test_docker_reads_it_as_it_is_meant() -> None:
    found = shutil.which("docker")
    usable = found and subprocess.run([found, "compose", "version"], capture_output=True, check=False).returncode == 0
    if not usable:
        pytest.skip("there is no `docker compose`")
    finished = subprocess.run(
        [str(found), "compose", "--file", str(FILE), "config", "--format", "json"],
        env={**os.environ, "MEDIMAGE_BENTO_VERSION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert set(json.loads(finished.stdout)["services"]) == set(SERVICES)

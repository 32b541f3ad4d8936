"""From nothing to a service that is ready takes 5 s at most."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.support.measurement import Measurement
from benchmarks.support.served_model import packaged_model
from benchmarks.support.server_process import bento_command, bento_environment, free_port, running
from benchmarks.support.turns import in_turns
from medimage.serving.bundle import PackagedBento

ROUNDS = 7
_TARGET_SECONDS = 5.0
_NAME = "hello"
_HELLO = """
import bentoml


@bentoml.service(name="hello")
class Hello:
    @bentoml.api
    def say(self) -> str:
        return "hello"
"""


def measure() -> Measurement:
    """Starts `bentoml serve` of a packaged ResNet18 and of a Bento without anything, in turns, until `/readyz` is 200.

    The environment is bare, but for where things are. The empty Bento is what BentoML itself takes, below which no
    service gets. Files are in the system's cache, and modules are compiled, as `pip` and container builds leave them:
    one round is not counted.
    """
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as path:
        folder = Path(path)
        ours = packaged_model(folder / "bentoml").bento
        empty = _empty_bento(folder)
        rounds = in_turns(
            lambda number: _seconds(ours, folder / f"ours-{number}", prediction_log=str(folder / "log")),
            lambda number: _seconds(empty, folder / f"empty-{number}"),
            rounds=ROUNDS,
            warm_up=1,
        )
    seconds = statistics.median(of_ours for of_ours, _ in rounds)
    return Measurement(
        name="served_cold_start",
        measured=seconds,
        target=_TARGET_SECONDS,
        unit="s",
        direction="at_most",
        details=(
            f"medimage: {', '.join(f'{of_ours:.2f}' for of_ours, _ in rounds)} s",
            f"an empty Bento: {', '.join(f'{of_empty:.2f}' for _, of_empty in rounds)} s",
            f"medimage takes {statistics.median(ours - empty for ours, empty in rounds):.2f} s longer",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _seconds(bento: PackagedBento, folder: Path, **settings: str) -> float:
    port = free_port()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        **bento_environment(bento, **settings),
        "HOME": str(folder),
    }
    command = bento_command(bento, port)
    with running(command, port=port, environment=environment, folder=folder, inherits=False) as server:
        return server.seconds_to_ready


def _empty_bento(folder: Path) -> PackagedBento:
    context, home = folder / "context", folder / "bentoml"
    context.mkdir()
    (context / "service.py").write_text(_HELLO)
    (context / "bentofile.yaml").write_text(
        f"service: service:Hello\nname: {_NAME}\ninclude: [service.py]\npython: {{lock_packages: false}}\n"
    )
    subprocess.run(
        [sys.executable, "-m", "bentoml", "build", "--version", "1", "."],
        cwd=context,
        env={**os.environ, "BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"},
        capture_output=True,
        check=True,
    )
    return PackagedBento(tag=f"{_NAME}:1", path=home / "bentos" / _NAME / "1")

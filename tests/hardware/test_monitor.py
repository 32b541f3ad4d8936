import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError
from medimage.hardware.monitor import read_arguments
from tests.conftest import PROJECT

COMMAND = (sys.executable, "-c", "from medimage.command_line import main; main()", "gpu")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a driver library of one imagined GPU, or a skip."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a driver library is made with a C compiler, on Linux")
    folder = tmp_path_factory.mktemp("driver")
    source = PROJECT / "tests" / "support" / "imagined_nvml.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "libnvidia-ml.so.1", source], check=True)
    return folder


@pytest.fixture(scope="module")
def no_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file in place of a driver library: what is there cannot be loaded, on every machine."""
    folder = tmp_path_factory.mktemp("no-driver")
    (folder / "libnvidia-ml.so.1").write_text("no library")
    return folder


def look(libraries: Path, *arguments: str, **figures: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, "LD_LIBRARY_PATH": str(libraries), **figures},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_machine_without_a_gpu_tells_processor_memory_and_processes(no_driver: Path, tmp_path: Path) -> None:
    file = tmp_path / "look.json"
    finished = look(no_driver, "--once", "--save", str(file))
    assert (finished.returncode, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert re.fullmatch(r"processor: \d+ % of \d+ cores(, \d+ °C)?", lines[1])
    assert re.fullmatch(r"memory: [\d.]+ of [\d.]+ GiB \(\d+ %\)", lines[2])
    assert lines[3].startswith("GPU: no NVIDIA GPU can be asked")
    assert re.match(r"process \d+ \S+: \d+ % of a core, [\d.]+ GiB", lines[4])
    assert "\x1b" not in finished.stdout
    (saved,) = json.loads(file.read_text())
    assert saved["gpus"] == []
    assert saved["processes"]


def test_a_gpu_tells_what_it_knows_and_what_is_wrong(driver: Path, tmp_path: Path) -> None:
    file = tmp_path / "look.json"
    hot = {"FAKE_TEMPERATURE": "91", "FAKE_UTILIZATION": "3", "FAKE_USED_GIB": "78", "FAKE_PID": str(os.getpid())}
    finished = look(driver, "--once", "--save", str(file), **hot)
    lines = finished.stdout.splitlines()
    assert "GPU 0 (Imagined A100): 3 %, 78.0 of 80.0 GiB (98 %), 91 °C, 250 W of unknown" in lines
    assert any(re.fullmatch(rf"GPU 0 process {os.getpid()} \S+: 3\.00 GiB", line) for line in lines)
    warnings = [line for line in lines if line.startswith("warning: ") and "GPU 0" in line]
    assert [warning.split(":")[1].split()[0:3] for warning in warnings] == [
        ["GPU", "0", "is"],
        ["the", "memory", "of"],
        ["GPU", "0", "computes"],
    ]
    (saved,) = json.loads(file.read_text())
    assert saved["gpus"][0]["power_watts"] == 250.5
    assert saved["gpus"][0]["power_limit_watts"] is None
    assert [f"warning: {warning}" for warning in saved["warnings"] if "GPU 0" in warning] == warnings


def test_a_driver_without_a_gpu_is_told(driver: Path) -> None:
    assert "GPU: the NVIDIA driver finds no GPU" in look(driver, "--once", FAKE_GPUS="0").stdout


@pytest.mark.parametrize("signals", [signal.SIGINT, signal.SIGTERM])
def test_it_looks_again_and_again_until_it_is_interrupted(no_driver: Path, tmp_path: Path, signals: int) -> None:
    file = tmp_path / "looks.json"
    process = subprocess.Popen(
        [*COMMAND, "--interval", "0.2", "--save", str(file)],
        env={**os.environ, "LD_LIBRARY_PATH": str(no_driver)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while time.monotonic() < end and (not file.exists() or len(json.loads(file.read_text())) < 3):
        time.sleep(0.05)
    # As Ctrl-C does, and as `kill` does: to the process that was started, and to no other.
    process.send_signal(signals)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert output.count("processor: ") >= 3
    assert len(json.loads(file.read_text())) >= 3


def test_a_terminal_gets_tables_and_its_cursor_back(driver: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--interval", "0.2"],
        env={**os.environ, "LD_LIBRARY_PATH": str(driver), "TERM": "xterm", "COLUMNS": "120", "FAKE_TEMPERATURE": "99"},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    end = time.monotonic() + 30
    while time.monotonic() < end and shown.count(b"Imagined A100") < 2:
        shown += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:
        pass  # how a terminal tells that its other end is closed
    os.close(ours)
    assert process.wait(timeout=20) == 0
    text = shown.decode()
    assert "Utilisation" in text
    assert "is at 99 °C" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l") >= 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--interval", "0"], "above 0"),
        (["--interval", "nan"], "above 0"),
        (["--save", "no/such/folder/looks.json"], "there is no folder"),
        (["--save", ""], "an empty one"),
    ],
)
def test_a_wrong_command_is_told(arguments: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_arguments(arguments)
    assert caught.value.exit_code == 2

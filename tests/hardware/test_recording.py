import json
from pathlib import Path

import pytest

from medimage.errors import StorageError
from medimage.hardware.recording import Recording
from tests.hardware.test_concerns import gpu, machine


def test_the_file_is_a_whole_list_after_every_snapshot(tmp_path: Path) -> None:
    file = tmp_path / "looks.json"
    file.write_text("what was there before")
    recording = Recording(file)
    for number in range(1, 4):
        recording.add(machine(gpu(temperature_celsius=80.0 + number), cpu_percent=number))
        looks = json.loads(file.read_text())
        assert [look["cpu_percent"] for look in looks] == list(range(1, number + 1))
    assert looks[1]["gpus"][0]["temperature_celsius"] == 82.0
    assert looks[1]["warnings"] == ["GPU 0 is at 82 °C (above 80 °C)"]


def test_what_is_saved_does_not_name_the_machine(tmp_path: Path) -> None:
    Recording(tmp_path / "looks.json").add(machine(gpu()))
    (look,) = json.loads((tmp_path / "looks.json").read_text())
    assert set(look) == {
        "time",
        "cpu_percent",
        "cpu_count",
        "cpu_temperature_celsius",
        "memory_used_bytes",
        "memory_total_bytes",
        "gpus",
        "gpu_problem",
        "processes",
        "warnings",
    }


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "looks.json")
    recording.add(machine())
    (tmp_path / "looks.json").unlink()
    with pytest.raises(StorageError, match=r"looks\.json cannot be written: No such file"):
        recording.add(machine())

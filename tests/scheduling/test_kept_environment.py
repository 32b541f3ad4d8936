from pathlib import Path

import pytest

from medimage.errors import StorageError
from medimage.scheduling.kept_environment import keep_environment, read_environment


def test_what_a_run_may_need_is_kept_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "environment.json"
    needed = {"MEDIMAGE_ALERT_SLACK": "https://hooks/\n$x%'\"", "MLFLOW_TRACKING_URI": "http://a:b@c", "PATH": "/bin"}
    keep_environment(file, {**needed, "MY_BANK_PIN": "1234"})
    assert read_environment(file) == needed
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_an_environment_that_others_could_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "environment.json"
    keep_environment(file, {"PATH": "/bin"})
    file.chmod(mode)
    with pytest.raises(StorageError, match="chmod 600"):
        read_environment(file)


@pytest.mark.parametrize("text", ["", "[]", '{"PATH": 3}'])
def test_an_environment_that_is_damaged_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "environment.json"
    keep_environment(file, {})
    file.write_text(text)
    with pytest.raises(StorageError, match="--replace"):
        read_environment(file)

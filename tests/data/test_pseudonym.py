import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from medimage.data.sources.dicom.pseudonym import read_salt
from medimage.errors import ConfigurationError, StorageError

pytestmark = pytest.mark.usefixtures("own_salt")


def test_the_salt_is_kept_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    first = read_salt()
    path = tmp_path / "home" / "pseudonym_salt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_salt() == first
    assert [file.name for file in path.parent.iterdir()] == ["pseudonym_salt"]


def test_a_short_salt_is_refused_without_telling_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_SALT", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        read_salt()
    assert "hunter2" not in str(caught.value)


def test_processes_that_start_together_get_one_salt(tmp_path: Path) -> None:
    program = "from medimage.data.sources.dicom.pseudonym import read_salt; print(read_salt().decode())"
    environment = {**os.environ, "MEDIMAGE_HOME": str(tmp_path / "shared")}
    running = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) for _ in range(4)
    ]
    salts = {process.communicate()[0].decode().strip() for process in running}
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    (salt,) = salts
    assert re.fullmatch(r"[0-9a-f]{64}", salt)


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda file: file.write_text("abc"), id="cut short"),
        pytest.param(lambda file: file.write_bytes(b"\xff" * 40), id="no text"),
        pytest.param(lambda file: file.mkdir(), id="a folder"),
    ],
)
def test_a_salt_file_that_cannot_be_used_is_refused(tmp_path: Path, prepare: Callable[[Path], object]) -> None:
    (tmp_path / "home").mkdir()
    prepare(tmp_path / "home" / "pseudonym_salt")
    with pytest.raises(StorageError):
        read_salt()

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medimage.data.shards import DirectoryShards
from medimage.errors import StorageError
from medimage.workspace import require_writable_workspace, sweep_temporary_folders, temporary_folders
from tests.conftest import PROJECT

_SHOW = "import os, pipelines; print(*(os.environ[name] for name in {names!r}), sep='\\n')"


def environment_after_import(names: tuple[str, ...], **settings: str) -> list[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ZENML", "MLFLOW", "BENTOML"))}
    result = subprocess.run(
        [sys.executable, "-c", _SHOW.format(names=names)],
        env={**own, **settings},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()


def test_every_store_lies_in_the_workspace_and_telemetry_is_off(tmp_path: Path) -> None:
    names = (
        "ZENML_CONFIG_PATH",
        "MLFLOW_TRACKING_URI",
        "BENTOML_HOME",
        "ZENML_ANALYTICS_OPT_IN",
        "MLFLOW_DISABLE_TELEMETRY",
        "BENTOML_DO_NOT_TRACK",
        "GX_ANALYTICS_ENABLED",
        "DO_NOT_TRACK",
        "ORT_DISABLE_TELEMETRY",
    )
    found = environment_after_import(names, MEDIMAGE_HOME=str(tmp_path))
    assert found[0] == str(tmp_path / "zenml")
    assert found[1] == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert found[2] == str(tmp_path / "bentoml")
    assert found[3:] == ["false", "true", "True", "false", "true", "1"]


def test_the_users_own_settings_win(tmp_path: Path) -> None:
    settings = {"ZENML_CONFIG_PATH": "mine", "MLFLOW_TRACKING_URI": "http://tracking", "BENTOML_HOME": "here"}
    assert environment_after_import(tuple(settings), MEDIMAGE_HOME=str(tmp_path), **settings) == list(settings.values())


def test_a_workspace_that_cannot_be_made_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StorageError, match="MEDIMAGE_HOME=FOLDER"):
        require_writable_workspace()


def test_temporary_folders_of_killed_processes_are_swept_and_those_of_living_ones_and_other_machines_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    command = (
        "import os, signal; from medimage.data.shards import DirectoryShards; shards = DirectoryShards.temporary(); "
        "shards.local_path('x').write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", command], cwd=PROJECT, check=False)
    assert killed.returncode != 0
    (left,) = temporary_folders().iterdir()
    mine = DirectoryShards.temporary()
    elsewhere = left.with_name(f"another-machine.{left.name.rsplit('.', 2)[1]}.abc")
    strange = left.with_name("strange")
    for folder in (elsewhere, strange):
        folder.mkdir()
    sweep_temporary_folders()
    assert set(temporary_folders().iterdir()) == {mine.directory, elsewhere, strange}

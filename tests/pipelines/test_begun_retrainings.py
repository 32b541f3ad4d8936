"""What `medimage registry` does about retrainings whose end nobody knows of."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from medimage.registry.find_models import find_version_called
from medimage.registry.version_reference import VersionReference
from medimage.retraining.begun import BegunRetraining, note_begun
from medimage.retraining.history import history_file, read_decisions
from medimage.retraining.promote_retrained import promote_retrained
from medimage.retraining.turn import retraining_turn
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.registered import NAME, aliases, register_brightness

BEGUN = BegunRetraining(
    run="retrain-1",
    champion=VersionReference(name=NAME, version=1, onnx_sha256="f" * 64),
    code_sha256="c" * 64,
    stores_sha256="d" * 64,
)

STORES = """
from pipelines.zenml_database import open_zenml
open_zenml()
from pipelines.begun_retrainings import present_stores
print(present_stores())
"""


def stores_of(home: Path) -> str:
    asked = subprocess.run(
        [sys.executable, "-c", STORES], cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=True
    )
    return asked.stdout.split()[-1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with two champions in turn, an empty ZenML, and a retraining that began and promoted nothing."""
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    previous = mlflow.get_tracking_uri()
    (tmp_path / "mlflow").mkdir()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    register_brightness(1)
    register_brightness(2, compared_with=1)
    (tmp_path / "zenml").mkdir()
    (tmp_path / "zenml" / "config.yaml").touch()
    note_begun(BEGUN.model_copy(update={"stores_sha256": stores_of(tmp_path)}))
    yield tmp_path
    mlflow.set_tracking_uri(previous)


def registry(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.registry", *arguments],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_that_promoted_nothing_is_forgotten_without_a_word(home: Path) -> None:
    listed = registry(home, "list")
    assert listed.returncode == 0, listed.stderr
    assert not BEGUN.file.exists()
    assert not history_file(NAME).exists()
    assert "retrain-1" not in listed.stdout + listed.stderr


def test_one_whose_run_was_cleaned_away_is_kept_in_the_history_by_what_the_registry_knows(home: Path) -> None:
    register_brightness(3, alias="challenger", compared_with=2)
    promote_retrained(find_version_called(f"{NAME}/3"), because="Old.", not_better="", promote=True, run_id="retrain-1")
    for told in ("ZenML does not know that run any more", ""):
        listed = registry(home, "list")
        assert listed.returncode == 0, listed.stderr
        assert told in listed.stdout
    (entry,) = read_decisions(history_file(NAME))
    assert (entry.result, entry.version, entry.run) == ("promoted", 3, "retrain-1")
    assert not BEGUN.file.exists()


def test_one_of_another_stack_is_kept_until_that_is_active_again(home: Path) -> None:
    note_begun(BEGUN)
    listed = registry(home, "list")
    assert listed.returncode == 0, listed.stderr
    assert "with the stack only that was active when it began" in listed.stdout + listed.stderr
    assert BEGUN.file.exists()


def test_one_that_is_under_way_is_left_alone(home: Path) -> None:
    with retraining_turn(NAME, wait=False) as is_ours:
        assert is_ours
        listed = registry(home, "list")
    assert listed.returncode == 0, listed.stderr
    assert BEGUN.file.exists()


def test_one_that_cannot_be_looked_at_is_a_warning_and_keeps_no_rollback_from_being_made(home: Path) -> None:
    (home / "zenml" / "config.yaml").write_text("{")
    listed = registry(home, "list")
    assert listed.returncode == 0, listed.stderr
    assert "Whether retrainings left something undone cannot be seen now" in listed.stdout + listed.stderr
    registry(home, "rollback", NAME)
    assert aliases() == {"champion": 1}
    assert BEGUN.file.exists()

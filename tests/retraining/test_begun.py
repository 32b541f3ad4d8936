"""Notes of retrainings whose end is not in the history yet."""

from pathlib import Path

import pytest

from medimage.registry.version_reference import VersionReference
from medimage.retraining.begun import BegunRetraining, begun_retrainings, forget_begun, note_begun


@pytest.fixture(autouse=True)
def workspace_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    return tmp_path


def begun(run: str, *, name: str = "lung [1] *") -> BegunRetraining:
    return BegunRetraining(
        run=run,
        champion=VersionReference(name=name, version=1, onnx_sha256="f" * 64),
        code_sha256="c",
        stores_sha256="d",
    )


def test_what_has_begun_is_known_until_it_is_forgotten_run_by_run() -> None:
    assert begun_retrainings() == ()
    first, second, other = begun("retrain-1"), begun("retrain-2"), begun("retrain-1", name="brain")
    for each in (first, second, other):
        note_begun(each)
    assert {(each.champion.name, each.run) for each in begun_retrainings()} == {
        ("lung [1] *", "retrain-1"),
        ("lung [1] *", "retrain-2"),
        ("brain", "retrain-1"),
    }
    for _ in range(2):
        forget_begun("lung [1] *", run="retrain-1")
    assert begun_retrainings() in ((second, other), (other, second))


def test_a_note_that_cannot_be_read_hides_no_other(workspace_of_its_own: Path) -> None:
    note_begun(begun("retrain-1"))
    (workspace_of_its_own / "retraining" / "a.begun.json").write_text("{")
    assert begun_retrainings() == (begun("retrain-1"),)

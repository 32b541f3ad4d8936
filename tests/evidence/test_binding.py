"""From a folder to its evidence."""

from pathlib import Path
from typing import Any

import pytest

from medimage.errors import StorageError
from medimage.evidence.binding import bind_folder
from medimage.evidence.evidence_file import read_evidence
from medimage.evidence.verification import verify
from tests.support.privileges import without_privileges

SETTINGS: dict[str, Any] = {"claims": {"verdict": "FAIL"}, "packages": {}, "circumstances": {"run_name": "r"}}


def test_everything_in_the_folder_is_a_document_or_a_log(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("a")
    (tmp_path / "fold_0").mkdir()
    (tmp_path / "fold_0" / "stage1.csv").write_text("b")
    evidence = read_evidence(bind_folder(tmp_path, roles={"report.html": "report"}, **SETTINGS)).evidence
    assert [(file.name, file.role) for file in evidence.files] == [("report.html", "report")]
    assert [(file.name, file.role) for file in evidence.logs] == [("fold_0/stage1.csv", "log")]
    assert not verify(tmp_path).wrong


def test_evidence_that_is_there_is_replaced_and_does_not_name_itself(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("a")
    bind_folder(tmp_path, roles={"report.html": "report"}, **SETTINGS)
    (tmp_path / "report.html").write_text("b")
    assert verify(tmp_path).wrong
    bind_folder(tmp_path, roles={"report.html": "report"}, **SETTINGS)
    assert not verify(tmp_path).wrong


def test_a_link_is_not_vouched_for(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    bind_folder(folder, roles={}, **SETTINGS)
    assert [check.what for check in verify(folder).wrong] == ["link"]


def test_a_document_that_is_not_there_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bind_folder(tmp_path, roles={"report.html": "report"}, **SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(StorageError, match="cannot be written"):
        bind_folder(Path("run"), roles={}, **SETTINGS)
    assert list(folder.iterdir()) == []

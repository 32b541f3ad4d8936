"""Which code it was."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from medimage.evidence.code_state import PACKAGES, code_sha256, current_commit, source_files
from tests.conftest import PROJECT
from tests.support.run_folders import CODE, write_code

git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def run_git(folder: Path, *words: str) -> str:
    own = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_every_source_file_counts_and_nothing_that_python_makes_of_them(tmp_path: Path) -> None:
    root = write_code(tmp_path)
    (root / "tests").mkdir()
    (root / "tests" / "test_a.py").write_text("")
    (root / "steps" / ".hidden").write_text("")
    (root / "steps" / "b.pyc").write_text("")
    files = source_files(root)
    assert files == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(CODE.items())}
    before = code_sha256(files)
    (root / "steps" / "table.yaml").write_text("a: 1\n")
    assert code_sha256(source_files(root)) != before


def test_this_project_is_hashed_with_its_templates_and_tables() -> None:
    files = source_files(PROJECT)
    assert {name.partition("/")[0] for name in files} == set(PACKAGES)
    assert "medimage/evaluation/report/report.html.j2" in files
    assert "medimage/models/architectures.yaml" in files


@git
def test_the_commit_is_told_and_whether_the_code_is_as_it_was_committed(tmp_path: Path) -> None:
    root = write_code(tmp_path)
    run_git(root, "init", "-q")
    run_git(root, "add", ".")
    run_git(root, "commit", "-qm", "a")
    sha = run_git(root, "rev-parse", "HEAD")
    (root / "notes.txt").write_text("outside of the packages")
    assert (current_commit(root).sha, current_commit(root).is_clean) == (sha, True)
    (root / "steps" / "new.py").write_text("")
    assert current_commit(root).is_clean is False


@git
def test_code_in_somebody_elses_repository_has_no_commit(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "theirs").write_text("")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "commit", "-qm", "a")
    commit = current_commit(write_code(tmp_path / "site-packages"))
    assert commit.sha is None
    assert commit.is_clean is None
    assert "does not lie in a git repository" in commit.reason


def test_without_git_there_is_no_commit_and_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    commit = current_commit(PROJECT)
    assert (commit.sha, commit.reason) == (None, "git is not installed")

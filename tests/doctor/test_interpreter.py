from importlib.metadata import version
from pathlib import Path

import pytest

from medimage.doctor.finding import Finding, State
from medimage.doctor.interpreter import check_packages, check_python

HASH = "    --hash=sha256:" + "0" * 64 + "\n"


def lock(folder: Path, *requirements: str) -> Path:
    file = folder / "requirements.lock"
    file.write_text("".join(f"{requirement} \\\n{HASH}" for requirement in requirements))
    return file


def test_this_python_is_one_that_the_project_runs_on() -> None:
    assert check_python().state is State.FINE


def test_packages_as_locked_are_fine(tmp_path: Path) -> None:
    found = check_packages(lock(tmp_path, f"numpy=={version('numpy')}", "absent==1 ; sys_platform == 'win32'"))
    assert (found.state, found.told) == (State.FINE, "all 1 are those of the lock")


def test_each_package_that_is_another_one_or_missing_is_named(tmp_path: Path) -> None:
    found = check_packages(lock(tmp_path, "numpy==0.1", "no-such-package==2", f"pillow=={version('pillow')}"))
    assert found.state is State.PROBLEM
    assert found.told == (f"2 of 3 are not those of the lock: numpy is {version('numpy')}, no-such-package is missing")
    assert "make setup" in found.advice


def test_many_other_packages_are_counted(tmp_path: Path) -> None:
    found = check_packages(lock(tmp_path, *(f"absent-{number}==1" for number in range(30))))
    assert found.told.endswith("absent-3 is missing and 26 more")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_lock_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "requirements.lock"
    if content is not None:
        file.write_bytes(content)
    found = check_packages(file)
    assert found.state is State.NOTE
    assert "requirements.lock cannot be read" in found.told


def test_what_is_wrong_comes_with_advice() -> None:
    with pytest.raises(ValueError, match="advice"):
        Finding(subject="disk", state=State.PROBLEM, told="it is gone")

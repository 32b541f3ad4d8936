"""What a Bento asks for is what the project's own lock holds."""

import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from medimage.serving.bento_contents import LOCK, PACKAGES
from medimage.serving.bento_requirements import bento_requirements, locked_requirements
from tests.conftest import PROJECT

SERVED = (PROJECT / LOCK).read_text()
NAMES = {requirement.name for requirement in locked_requirements(SERVED)}


def entries(text: str) -> dict[str, set[str]]:
    """Returns the hashes of each `NAME==VERSION` in a lock, read without the code under test."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if match := re.match(r"([a-z0-9-]+==\S+)", line):
            hashes = found.setdefault(match[1], set())
        elif match := re.search(r"--hash=(\S+)", line):
            hashes.add(match[1])
    return found


def test_the_lock_is_a_part_of_the_projects_lock() -> None:
    whole = entries((PROJECT / "requirements.lock").read_text())
    served = entries(SERVED)
    assert served
    assert all(hashes and hashes == whole.get(package) for package, hashes in served.items())


def test_the_lock_has_all_that_its_packages_need() -> None:
    needed = {
        requirement.name.lower().replace("_", "-").replace(".", "-")
        for package in NAMES
        for requirement in map(Requirement, requires(package) or ())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    assert needed | set(PACKAGES) <= NAMES


def test_the_lock_has_nothing_that_only_training_needs() -> None:
    assert not NAMES & {"torch", "torchvision", "timm", "zenml", "mlflow", "pandas", "scikit-learn", "onnx", "pytest"}


def test_the_lock_names_no_address() -> None:
    assert "://" not in SERVED


def test_an_environment_made_from_the_lock_asks_for_it() -> None:
    requirements = bento_requirements()
    assert requirements.lock == SERVED
    assert set(requirements.packages) == {f"{name}=={version(name)}" for name in NAMES}


@pytest.mark.parametrize("change", ["another version", "another package"])
def test_an_environment_with_another_version_asks_for_its_own_without_hashes(tmp_path: Path, change: str) -> None:
    lock = tmp_path / "requirements.lock"
    if change == "another version":
        lock.write_text(SERVED.replace(f"pillow=={version('pillow')}", "pillow==1.0"))
    else:
        lock.write_text(f"{SERVED}no-such-package==1.0 \\\n    --hash=sha256:00\n")
    requirements = bento_requirements(lock)
    assert requirements.lock is None
    assert set(requirements.packages) == {f"{name}=={version(name)}" for name in PACKAGES}

"""Python itself, and whether its packages are those that the project was proven with."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from medimage.doctor.finding import Finding, State, fine
from medimage.serving.bento_requirements import locked_requirements
from medimage.workspace import project_root

_OLDEST, _FIRST_UNKNOWN = (3, 11), (3, 14)
_SHOWN = 4


def check_python() -> Finding:
    """Looks at the version of Python."""
    found = sys.version_info[:2]
    told = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if _OLDEST <= found < _FIRST_UNKNOWN:
        return fine("Python", told)
    return Finding(subject="Python", state=State.PROBLEM, told=told, advice="Use Python 3.11, 3.12 or 3.13.")


def check_packages(lock: Path | None = None) -> Finding:
    """Compares the installed packages with the lock.

    Args:
        lock: The lock; the project's own when not given.
    """
    file = lock or project_root() / "requirements.lock"
    try:
        requirements = list(locked_requirements(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        return Finding(
            subject="packages",
            state=State.NOTE,
            told=f"the lock {file.name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}",
            advice="Look into a checkout of the project, which has it.",
        )
    others = [told for requirement in requirements if (told := _other_than(requirement))]
    if not others:
        return fine("packages", f"all {len(requirements)} are those of the lock")
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return Finding(
        subject="packages",
        state=State.PROBLEM,
        told=f"{len(others)} of {len(requirements)} are not those of the lock: {', '.join(others[:_SHOWN])}{more}",
        advice="Run `make setup`: models were proven with the locked versions, and pixels may depend on others.",
    )


def _other_than(requirement: Requirement) -> str:
    """Returns which version is installed where it is another one; empty where it is the locked one."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    return "" if requirement.specifier.contains(found, prereleases=True) else f"{requirement.name} is {found}"

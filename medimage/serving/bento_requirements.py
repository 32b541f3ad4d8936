"""Which packages a Bento asks for: exactly those that the model was proven with, and their hashes where known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

import medimage
from medimage.serving.bento_contents import LOCK, PACKAGES

_FIRST_LINE = re.compile(r"^(\w\S*==.+?) *\\$", re.MULTILINE)
"""Of each package in a lock; its hashes stand on the lines below."""


@dataclass(frozen=True, kw_only=True)
class BentoRequirements:
    """What a Bento asks for.

    Attributes:
        packages: `NAME==VERSION` of each package.
        lock: The same and their hashes, for every platform, as `pip install --require-hashes -r` reads it; None where
            the hashes of these versions are not known.
    """

    packages: tuple[str, ...]
    lock: str | None


def bento_requirements(lock: Path | None = None) -> BentoRequirements:
    """Returns what a Bento asks for that is built in this environment.

    That is what the lock holds: the service's packages, and all that they need. Where this environment has another
    version of one of them, a Bento asks for the versions that are here, because a decoder's version decides pixels; it
    has no hashes then, and `docker/serve.Dockerfile` builds no image from it.

    Args:
        lock: The lock; the project's own when not given.
    """
    text = (lock or Path(medimage.__file__).parents[1] / LOCK).read_text(encoding="utf-8")
    locked = {requirement.name: str(requirement.specifier) for requirement in locked_requirements(text)}
    if all(specifier == f"=={_installed(name)}" for name, specifier in locked.items()):
        return BentoRequirements(packages=tuple(f"{name}{locked[name]}" for name in locked), lock=text)
    return BentoRequirements(packages=tuple(f"{name}=={version(name)}" for name in PACKAGES), lock=None)


def locked_requirements(text: str) -> Iterator[Requirement]:
    """Yields the packages of a lock that are for this platform and this version of Python.

    Args:
        text: The lock, as `uv pip compile --generate-hashes` writes it.
    """
    for line in _FIRST_LINE.findall(text):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

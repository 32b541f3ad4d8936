"""Version numbers that say what changed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from medimage.models.trained_model import ModelSpec

_PATTERN = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

FIRST = "1.0.0"
"""Version of the first model under a name."""


@dataclass(frozen=True, order=True)
class SemanticVersion:
    """A version as MAJOR.MINOR.PATCH (semver.org, 2.0.0), ordered by number."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `MAJOR.MINOR.PATCH`.

        Raises:
            ValueError: If the text has another form.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"Expected a version as MAJOR.MINOR.PATCH but got {text!r}")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, kw_only=True)
class ModelContract:
    """What callers of a model, and its readers, rely on.

    Attributes:
        answers: Classes and colour channels: a change breaks callers.
        architecture: Network and input size: a change gives another model behind the same answers.
    """

    answers: str
    architecture: str

    @classmethod
    def of(cls, spec: ModelSpec) -> Self:
        """Returns the contract of a network."""
        return cls(
            answers=f"{spec.channels}:{'|'.join(spec.classes)}",
            architecture=f"{spec.timm_name}:{spec.head}:{spec.input_size}",
        )


def next_version(contract: ModelContract, existing: Iterable[tuple[SemanticVersion, ModelContract]]) -> SemanticVersion:
    """Returns the version of a new model among those that exist.

    Major: other classes or channels than the newest. Minor: another architecture or input size. Patch: trained anew.

    Args:
        contract: Contract of the new model.
        existing: Version and contract of every model under the same name.
    """
    versions = list(existing)
    if not versions:
        return SemanticVersion.parse(FIRST)
    newest, newest_contract = max(versions, key=lambda pair: pair[0])
    if contract.answers != newest_contract.answers:
        return SemanticVersion(newest.major + 1, 0, 0)
    if contract.architecture != newest_contract.architecture:
        return SemanticVersion(newest.major, newest.minor + 1, 0)
    return SemanticVersion(newest.major, newest.minor, newest.patch + 1)

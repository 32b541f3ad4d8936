"""A version of a registered model, by its number and its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from medimage.errors import RegistryError
from medimage.registry.version_tags import ONNX_SHA256

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


class VersionReference(BaseModel):
    """A version of a registered model: what decides its answers, and nothing else.

    Attributes:
        name: Registered model.
        version: Its number in the registry.
        onnx_sha256: SHA-256 of its graph.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int
    onnx_sha256: str

    @classmethod
    def of(cls, found: ModelVersion) -> Self:
        """Reads a version of the registry.

        Raises:
            RegistryError: If the version was not registered by `register_model`.
        """
        sha256 = found.tags.get(ONNX_SHA256)
        if sha256 is None:
            raise RegistryError(
                f"Expected {found.name} version {found.version} to have the tag {ONNX_SHA256} but it has "
                f"{sorted(found.tags)}: it was registered by something else, so nobody can tell what it answers to. "
                "Name another version; where it is the champion, give that alias to another one, or set "
                "gate.champion.comparison: off."
            )
        return cls(name=found.name, version=int(found.version), onnx_sha256=sha256)

    @property
    def title(self) -> str:
        """Name and number, in words."""
        return f"{self.name} version {self.version}"

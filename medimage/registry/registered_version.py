"""A version in the model registry."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """A registered version of a model.

    Attributes:
        name: Registered model.
        version: The registry's own number, from 1.
        aliases: Aliases of the version, sorted, such as `champion`.
        uri: Address within the registry, `models:/NAME/VERSION`.
        run_id: MLflow run that holds the model's files.
        semantic_version: `MAJOR.MINOR.PATCH`; see `medimage.registry.semantic_version`.
    """

    name: str
    version: int
    aliases: tuple[str, ...]
    uri: str
    run_id: str
    semantic_version: str

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the version from what `to_dict` gave, also after a trip through JSON."""
        return cls(**{**values, "aliases": tuple(values["aliases"])})

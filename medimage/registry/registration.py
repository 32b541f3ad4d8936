"""What a registration gave: the version, and the card that is stored with it."""

from dataclasses import dataclass

from medimage.registry.model_card import ModelCard
from medimage.registry.registered_version import RegisteredVersion


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A registered version with its card.

    Attributes:
        version: The version in the registry.
        card: The card as it is stored there. Where the same model was registered before, it is the card of then: it
            names the run and the configuration that the version came from.
    """

    version: RegisteredVersion
    card: ModelCard

    def __post_init__(self) -> None:
        if self.card.version != self.version.semantic_version:
            raise ValueError(
                f"Expected the card of version {self.version.semantic_version} but got that of {self.card.version}"
            )

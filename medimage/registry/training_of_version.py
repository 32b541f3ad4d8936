"""When a registered version was registered, and what it was trained with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from medimage.registry.registered_model import load_registered_model
from medimage.registry.seen_images import SeenImages
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_reference import VersionReference


@dataclass(frozen=True, kw_only=True)
class TrainingOfVersion:
    """What is known of how a version came to be.

    Attributes:
        registered: When it was registered, in UTC, by the clock of the registry.
        config_hash: SHA-256 of the configuration.
        classes: Its classes.
        images: Images that it has seen; None for a version that was registered before they were kept.
    """

    registered: datetime
    config_hash: str
    classes: tuple[str, ...]
    images: SeenImages | None


def read_training(reference: VersionReference) -> TrainingOfVersion:
    """Reads how a version came to be.

    Args:
        reference: The version.

    Raises:
        RegistryError: If it is not there any more, its files are not those that were registered, or the tracking server
            cannot be reached or refuses.
    """
    model = load_registered_model(name=reference.name, version=reference.version)
    client = open_client()
    with registry_errors(f"{reference.title} cannot be looked up"):
        found = client.get_model_version(reference.name, str(reference.version))
    return TrainingOfVersion(
        registered=datetime.fromtimestamp(found.creation_timestamp / 1000, tz=UTC),
        config_hash=model.card.provenance.config_hash,
        classes=tuple(model.card.spec.classes),
        images=model.images,
    )

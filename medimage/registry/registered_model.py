"""A registered model at work: loaded by name, checked against its hash, and asked without PyTorch."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from medimage.errors import RegistryError
from medimage.registry.look_up import describe_version
from medimage.registry.model_card import ModelCard
from medimage.registry.model_files import CARD_FILE, GRAPH_FILE, IMAGES_FILE, parse_card
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.seen_images import SeenImages
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_tags import ONNX_SHA256


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A version with everything that is needed to judge it.

    Attributes:
        version: The version.
        card: Its card.
        onnx: Its graph, whose SHA-256 is the one in its tags.
        images: Images that it has seen; None for a version that was registered before they were kept.
    """

    version: RegisteredVersion
    card: ModelCard
    onnx: bytes
    images: SeenImages | None

    @property
    def title(self) -> str:
        """Name and number of the version, in words."""
        return f"{self.version.name} version {self.version.version}"


def load_registered_model(*, name: str, version: int) -> RegisteredModel:
    """Loads a version of a registered model.

    Args:
        name: Registered model.
        version: The registry's number of the version.

    Raises:
        RegistryError: If there is no such version, it was not registered by `register_model`, its graph is not the one
            that was registered, or the tracking server cannot be reached.
    """
    client = open_client()
    with (
        registry_errors(f"The model {name!r} version {version} cannot be loaded"),
        tempfile.TemporaryDirectory(prefix="medimage-load-") as folder,
    ):
        tags = client.get_model_version(name, str(version)).tags
        if ONNX_SHA256 not in tags:
            raise RegistryError(
                f"Expected {name!r} version {version} to have the tag {ONNX_SHA256} but it has {sorted(tags)}: it was "
                "registered by something else, so nobody can tell what it answers to. Name another version."
            )
        described = describe_version(client, name=name, version_number=str(version))
        files = _download(described, Path(folder))
        onnx = _read(files, GRAPH_FILE, of=described)
        found = hashlib.sha256(onnx).hexdigest()
        if found != tags[ONNX_SHA256]:
            raise RegistryError(
                f"Expected the graph of {described.uri} to have the SHA-256 {tags[ONNX_SHA256]} but {GRAPH_FILE} has "
                f"{found}: the file was changed or damaged. Restore it, or register the model anew."
            )
        seen = files / IMAGES_FILE
        return RegisteredModel(
            version=described,
            card=parse_card(_read(files, CARD_FILE, of=described), version_uri=described.uri),
            onnx=onnx,
            images=_images(seen.read_bytes(), of=described) if seen.exists() else None,
        )


def _download(version: RegisteredVersion, folder: Path) -> Path:
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - see open_client

    return Path(download_artifacts(artifact_uri=version.uri, dst_path=str(folder)))


def _read(folder: Path, name: str, *, of: RegisteredVersion) -> bytes:
    file = folder / name
    if not file.is_file():
        there = sorted(path.name for path in folder.iterdir())
        raise RegistryError(
            f"Expected {name} among the files of {of.uri} but there are {there}. "
            "Delete the version in MLflow, then register the model anew."
        )
    return file.read_bytes()


def _images(content: bytes, *, of: RegisteredVersion) -> SeenImages:
    try:
        return SeenImages.from_parquet(content)
    except (ValueError, KeyError, OSError) as error:
        raise RegistryError(
            f"Expected {IMAGES_FILE} of {of.uri} as it was registered but it cannot be read ({error}). Delete the "
            "version in MLflow, then register the model anew."
        ) from error

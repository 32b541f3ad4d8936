"""The reference for monitoring that is stored with a registered version."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from medimage.errors import RegistryError
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.model_files import REFERENCE_FILE
from medimage.registry.tracking_server import open_client, registry_errors

if TYPE_CHECKING:
    from medimage.registry.version_reference import VersionReference


def load_stored_reference(version: VersionReference) -> MonitoringReference:
    """Loads what a registered model said of held-out images.

    Args:
        version: The version.

    Raises:
        RegistryError: If none is stored with it, with what to do, or the tracking server cannot be reached.
        DataError: If it cannot be read.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415 - see open_client

    client = open_client()
    with (
        registry_errors(f"The monitoring reference of {version.title} cannot be loaded"),
        tempfile.TemporaryDirectory(prefix="medimage-reference-") as folder,
    ):
        uri = client.get_model_version_download_uri(version.name, str(version.version))
        there = {Path(found.path).name for found in list_artifacts(artifact_uri=uri)}
        if REFERENCE_FILE not in there:
            raise RegistryError(
                f"{version.title} has no reference to compare with: it was registered before there was one, or it is "
                "an ensemble of folds. Name a folder of held-out images, of which it has seen none in training, with "
                "--reference-images FOLDER."
            )
        file = download_artifacts(artifact_uri=f"{uri}/{REFERENCE_FILE}", dst_path=folder)
        reference = MonitoringReference.from_parquet(Path(file).read_bytes())
    if reference.sha256 != version.onnx_sha256:
        raise RegistryError(
            f"Expected the reference of {version.title} to be of its graph {version.onnx_sha256[:12]} but it is of "
            f"{reference.sha256[:12]}: the file was exchanged. Register the model anew, or use --reference-images."
        )
    return reference

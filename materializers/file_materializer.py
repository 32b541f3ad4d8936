"""The base of materializers: an artifact is a few named files."""

import base64
import hashlib
import json
import os
from abc import abstractmethod
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, ClassVar

from zenml.enums import ArtifactType, VisualizationType
from zenml.materializers.base_materializer import BaseMaterializer

from medimage.errors import StorageError

_VISUALIZATIONS = {
    ".html": VisualizationType.HTML,
    ".png": VisualizationType.IMAGE,
    ".jpg": VisualizationType.IMAGE,
    ".csv": VisualizationType.CSV,
    ".md": VisualizationType.MARKDOWN,
    ".json": VisualizationType.JSON,
}


class FileMaterializer(BaseMaterializer):
    """Stores an artifact as files that are small enough to be held in memory. Nothing is pickled."""

    SKIP_REGISTRATION: ClassVar[bool] = True
    ASSOCIATED_ARTIFACT_TYPE: ClassVar[ArtifactType] = ArtifactType.DATA
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (object,)

    @abstractmethod
    def to_files(self, data: Any) -> dict[str, bytes]:
        """Returns the artifact as file name → content."""

    @abstractmethod
    def from_files(self, read: Callable[[str], bytes]) -> Any:
        """Builds the artifact; `read` returns the content of a file by its name."""

    def views(self, data: Any) -> dict[str, str | bytes]:  # noqa: ARG002
        """Returns what the dashboard shows, as file name → content; the suffix tells the kind.

        An `.svg` is shown inside a page, because the dashboard draws bitmaps only.
        """
        return {}

    def save(self, data: Any) -> None:
        """Writes the artifact's files."""
        for name, content in self.to_files(data).items():
            self.write(name, content)

    def load(self, data_type: type[Any]) -> Any:
        """Reads the artifact's files."""
        del data_type
        return self.from_files(self.read)

    def save_visualizations(self, data: Any) -> dict[str, VisualizationType]:
        """Writes what the dashboard shows."""
        kinds = {}
        for name, content in self.views(data).items():
            view = PurePath(name)
            encoded = content.encode() if isinstance(content, str) else content
            if view.suffix == ".svg":
                view, encoded = view.with_suffix(".html"), _page_around(encoded)
            self.write(view.name, encoded)
            kinds[self.path(view.name).replace("\\", "/")] = _VISUALIZATIONS[view.suffix]
        return kinds

    def compute_content_hash(self, data: Any) -> str | None:
        """Returns the SHA-256 of the artifact's files, so that equal artifacts give equal cache keys."""
        return content_hash(self.to_files(data))

    def path(self, name: str) -> str:
        """Returns the address of one of the artifact's files in the artifact store."""
        return os.path.join(self.uri, name)  # noqa: PTH118

    def write(self, name: str, content: bytes) -> None:
        """Writes one file to the artifact store."""
        with self.artifact_store.open(self.path(name), "wb") as file:
            file.write(content)

    def read(self, name: str) -> bytes:
        """Reads one file from the artifact store."""
        try:
            with self.artifact_store.open(self.path(name), "rb") as file:
                content = file.read()
        except FileNotFoundError as error:
            raise StorageError(
                f"The artifact store has lost {self.path(name)}, which a cached step left there. Restore it, or run "
                "every step again with --no-cache."
            ) from error
        return content if isinstance(content, bytes) else content.encode()


def _page_around(svg: bytes) -> bytes:
    picture = base64.b64encode(svg).decode()
    return f'<!doctype html><img style="max-width:100%" src="data:image/svg+xml;base64,{picture}">'.encode()


def json_bytes(values: Any) -> bytes:
    """Returns `values` as JSON that is equal for equal values."""
    return json.dumps(values, sort_keys=True, indent=1, allow_nan=True).encode()


def content_hash(files: dict[str, bytes]) -> str:
    """Returns the SHA-256 over names and contents of files."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()

"""Sources of folders, and the manifests in them."""

from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.sources.folder import FolderSource


def folder_source(root: Path, **settings: object) -> FolderSource:
    """Returns the source of a folder; `settings` stand under `data`."""
    return FolderSource(root, DataConfig.model_validate({"source": "folder", "path": str(root), **settings}))


def write_manifest(root: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Writes the manifest of a folder."""
    (root / "MANIFEST.csv").write_text(text, encoding=encoding)

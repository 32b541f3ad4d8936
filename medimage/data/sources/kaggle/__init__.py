"""Datasets of Kaggle: credentials, download, and copies kept by version."""

from medimage.data.sources.kaggle.dataset import (
    copy_identity,
    download_kaggle_dataset,
    name_version,
    require_kaggle_access,
)

__all__ = ["copy_identity", "download_kaggle_dataset", "name_version", "require_kaggle_access"]

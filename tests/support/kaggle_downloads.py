"""Downloads of a small dataset in two versions."""

from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.data.sources.kaggle.dataset import cached_versions
from medimage.data.sources.retry import RetryPolicy
from medimage.errors import MedimageError
from tests.support.kaggle_server import assert_silent

NEWEST = KaggleConfig(dataset="owner/name")
FIRST = KaggleConfig(dataset="owner/name", version=1)
QUICK = RetryPolicy(attempts=3, first_wait_s=0, longest_asked_wait_s=2)
ONE = {"ill/1.png": b"first", "well/2.png": b"second"}
TWO = {"ill/1.png": b"first", "well/2.png": b"third"}


def download(config: KaggleConfig, tmp_path: Path) -> dict[str, bytes]:
    """Downloads into `tmp_path/cache` and returns the files."""
    root = download_kaggle_dataset(config, cache=tmp_path / "cache", retry=QUICK)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def refused(config: KaggleConfig, tmp_path: Path) -> MedimageError:
    """Returns the error that a download ends in: one line without any secret, and no copy is left."""
    with pytest.raises(MedimageError) as caught:
        download(config, tmp_path)
    assert_silent(caught.value)
    assert cached_versions("owner/name", cache=tmp_path / "cache") == ()
    assert "\n" not in str(caught.value)
    return caught.value

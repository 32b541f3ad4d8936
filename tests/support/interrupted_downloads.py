"""Downloads of a dataset that is large enough to break off in the middle."""

import random
from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.data.sources.kaggle.dataset import cached_versions
from medimage.data.sources.retry import RetryPolicy
from medimage.errors import MedimageError
from tests.support.kaggle_server import PlayedKaggle, assert_silent

FIRST = KaggleConfig(dataset="owner/name", version=1)
QUICK = RetryPolicy(attempts=3, first_wait_s=0)
ONCE = RetryPolicy(attempts=1)
STEP = 2**16
"""Bytes after which connections break."""


def files(seed: int) -> dict[str, bytes]:
    """Returns files of 800 kB in all, which do not compress."""
    return {f"ill/{number}.png": random.Random(seed + number).randbytes(200_000) for number in range(4)}


def download(tmp_path: Path, retry: RetryPolicy = QUICK) -> None:
    """Downloads, and finds every byte and nothing left over."""
    root = download_kaggle_dataset(FIRST, cache=tmp_path / "cache", retry=retry)
    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.png")} == files(1)
    left = {path.name for path in root.parent.iterdir()}
    assert left == {"version-1", ".version-1.lock"}


def failure(tmp_path: Path, retry: RetryPolicy = QUICK) -> MedimageError:
    """Returns the error that a download ends in."""
    with pytest.raises(MedimageError) as caught:
        download_kaggle_dataset(FIRST, cache=tmp_path / "cache", retry=retry)
    assert_silent(caught.value)
    assert cached_versions("owner/name", cache=tmp_path / "cache") == ()
    return caught.value


def part(tmp_path: Path) -> Path:
    """Returns where what has come is kept."""
    return tmp_path / "cache" / "owner__name" / ".version-1.download"


def ranges(kaggle: PlayedKaggle) -> list[str | None]:
    """Returns what part each request to the storage asked for."""
    return [seen.headers.get("Range") for seen in kaggle.downloads()]

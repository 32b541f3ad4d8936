from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import interrupted_downloads, kaggle_downloads
from tests.support.kaggle_server import PlayedKaggle, playing_kaggle, with_key, without_credentials, zip_of


@pytest.fixture
def own_salt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives a test a workspace, and with it a salt for pseudonyms, of its own."""
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MEDIMAGE_SALT", raising=False)


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedKaggle]:
    """A Kaggle that holds a small dataset in two versions, and a user with a key for it."""
    without_credentials(tmp_path / "home", monkeypatch)
    with_key(monkeypatch)
    versions = {1: zip_of(kaggle_downloads.ONE), 2: zip_of(kaggle_downloads.TWO)}
    with playing_kaggle(PlayedKaggle(versions=versions)) as played:
        monkeypatch.setenv("KAGGLE_API_ENDPOINT", played.address)
        yield played


@pytest.fixture
def large_dataset(kaggle: PlayedKaggle) -> None:
    """Puts one version in place of the small ones whose download can break off in the middle."""
    kaggle.versions = {1: zip_of(interrupted_downloads.files(1))}

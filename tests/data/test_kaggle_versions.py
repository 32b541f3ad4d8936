import logging
import shutil
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import copy_identity, name_version
from medimage.data.sources.kaggle.dataset import cached_versions, dataset_folder
from medimage.data.sources.open_source import open_source
from medimage.errors import ConfigurationError
from tests.support.images import make_class_folders
from tests.support.kaggle_downloads import FIRST, NEWEST, ONE, TWO, download
from tests.support.kaggle_server import PlayedKaggle, zip_of


def test_any_version_is_downloaded_once(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    assert download(FIRST, tmp_path) == ONE
    assert download(NEWEST, tmp_path) == TWO
    assert len(kaggle.downloads()) == 2
    assert download(FIRST, tmp_path) == ONE
    assert download(NEWEST, tmp_path) == TWO
    assert len(kaggle.downloads()) == 2
    left = {path.name for path in (tmp_path / "cache" / "owner__name").iterdir()}
    assert left == {"version-1", "version-2", ".version-1.lock", ".version-2.lock"}


def test_a_newer_version_is_noticed_and_the_older_copy_stays(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert download(NEWEST, tmp_path) == TWO
    before = copy_identity(NEWEST, cache=cache)
    kaggle.versions[3] = zip_of({"ill/new.png": b"new"})
    assert (before, copy_identity(NEWEST, cache=cache)) == ("owner/name version 2", "owner/name version 3")
    assert download(NEWEST, tmp_path) == {"ill/new.png": b"new"}
    assert cached_versions("owner/name", cache=cache) == (2, 3)


def test_a_version_that_is_named_once_stays_whatever_appears_meanwhile(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    named = name_version(KaggleConfig(dataset="owner/name", subfolder="well"), cache=tmp_path / "cache")
    assert (named.version, named.subfolder) == (2, "well")
    kaggle.versions[3] = zip_of({"well/new.png": b"new"})
    asked = len(kaggle.seen)
    assert copy_identity(named, cache=tmp_path / "cache") == "owner/name version 2"
    assert len(kaggle.seen) == asked
    assert download(named, tmp_path) == {"2.png": b"third"}
    assert name_version(FIRST, cache=tmp_path / "cache") == FIRST


def test_without_a_network_the_newest_copy_is_used_and_the_log_says_so(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    del kaggle
    download(FIRST, tmp_path)
    download(NEWEST, tmp_path)
    monkeypatch.setenv("KAGGLE_API_ENDPOINT", "http://127.0.0.1:1")
    with caplog.at_level(logging.WARNING):
        assert copy_identity(NEWEST, cache=tmp_path / "cache") == "owner/name version 2"
        assert download(NEWEST, tmp_path) == TWO
    assert "Using version 2 of owner/name, the newest one that is on this machine" in caplog.text
    assert "Connection refused" in caplog.text


def test_a_subfolder_is_opened_and_one_that_is_not_there_is_refused_with_those_that_are(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    del kaggle
    assert download(KaggleConfig(dataset="owner/name", version=1, subfolder="ill"), tmp_path) == {"1.png": b"first"}
    with pytest.raises(ConfigurationError, match=r"'absent', but owner/name has only the folders \['ill', 'well'\]"):
        download(KaggleConfig(dataset="owner/name", version=1, subfolder="absent"), tmp_path)


@pytest.mark.parametrize("subfolder", ["../other", "/etc", "a/../../b", "..", "a\\b", ""])
def test_a_subfolder_stays_inside_the_dataset(subfolder: str) -> None:
    with pytest.raises(ValueError, match="subfolder"):
        KaggleConfig(dataset="owner/name", subfolder=subfolder)


def test_the_images_of_a_dataset_are_those_of_its_folder(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=3)
    kaggle.versions[3] = zip_of({f"top/{path.relative_to(root)}": path.read_bytes() for path in root.rglob("*.png")})
    config = {"source": "kaggle", "kaggle": {"dataset": "owner/name", "subfolder": "top"}}
    found = open_source(DataConfig.model_validate(config), cache=tmp_path / "cache")
    expected = open_source(DataConfig(source="folder", path=root), cache=tmp_path)
    assert [(each.name, each.image_id) for each in found.records()] == [
        (each.name, each.image_id) for each in expected.records()
    ]


def test_a_copy_that_was_deleted_is_downloaded_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    download(FIRST, tmp_path)
    shutil.rmtree(dataset_folder("owner/name", 1, cache=tmp_path / "cache"))
    assert download(FIRST, tmp_path) == ONE
    assert len(kaggle.downloads()) == 2

import logging
import shutil
from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import copy_identity, dataset_folder, download_kaggle_dataset
from medimage.errors import ConfigurationError
from tests.support.images import make_class_folders

NEWEST = KaggleConfig(dataset="owner/name")


def test_an_earlier_download_is_used_without_credentials_and_its_folder_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_class_folders(dataset_folder(NEWEST, cache=tmp_path), images=1)
    with caplog.at_level(logging.INFO):
        assert download_kaggle_dataset(NEWEST, cache=tmp_path) == folder
    assert f"{folder}; delete that folder to download the newest version" in caplog.text


def test_a_subfolder_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    make_class_folders(dataset_folder(NEWEST, cache=tmp_path), images=1)
    with pytest.raises(ConfigurationError, match=r"'absent', but owner/name has only the folders \['ill', 'well'\]"):
        download_kaggle_dataset(NEWEST.model_copy(update={"subfolder": "absent"}), cache=tmp_path)


def test_a_copy_that_replaces_a_deleted_one_is_another_but_a_version_stays_itself(tmp_path: Path) -> None:
    third = KaggleConfig(dataset="owner/name", version=3)
    seen: list[tuple[str, str]] = []
    for number in ("1", "2"):
        seen.append((copy_identity(NEWEST, cache=tmp_path), copy_identity(third, cache=tmp_path)))
        for config in (NEWEST, third):
            folder = dataset_folder(config, cache=tmp_path)
            folder.mkdir(parents=True)
            folder.with_name(f"{folder.name}.downloads").write_text(number)
        assert (copy_identity(NEWEST, cache=tmp_path), copy_identity(third, cache=tmp_path)) == seen[-1]
        for config in (NEWEST, third):
            shutil.rmtree(dataset_folder(config, cache=tmp_path))
    (first, version), (second, again) = seen
    assert first != second
    assert version == again

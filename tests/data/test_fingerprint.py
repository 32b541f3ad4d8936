import logging
import os
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.data.sources.kaggle.dataset import dataset_folder
from medimage.errors import ConfigurationError, DataError
from tests.support.archives import zip_bytes
from tests.support.images import make_class_folders
from tests.support.privileges import without_privileges


def fingerprint(root: Path) -> str:
    return source_fingerprint(DataConfig(source="folder", path=root), cache=Path("unused"))


def test_the_fingerprint_follows_every_change_of_a_file(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    seen = [fingerprint(root)]
    assert fingerprint(root) == seen[0]
    image = root / "ill" / "000.png"
    changes = [
        lambda: image.write_bytes(b"other"),
        lambda: os.utime(image, ns=(1, 1)),
        lambda: image.rename(root / "ill" / "new.png"),
        (root / "well" / "000.png").unlink,
    ]
    for change in changes:
        change()
        seen.append(fingerprint(root))
    assert len(set(seen)) == len(seen)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"data\.path must be a folder .* not there"):
        fingerprint(tmp_path / "absent")


def test_an_image_that_is_a_dangling_link_is_named(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "ill" / "nowhere.png").symlink_to(tmp_path / "absent.png")
    with pytest.raises(DataError, match=r"nowhere\.png but the system says: No such file"):
        fingerprint(root)


def test_a_dangling_link_that_is_no_image_stops_nothing(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    before = fingerprint(root)
    (root / ".#notes.txt").symlink_to("somebody@somewhere")
    assert fingerprint(root) != before


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=1)
    # Without the right to enter, the names in a folder can be listed, but not their sizes.
    (tmp_path / "images" / "ill").chmod(0o444)
    with (
        without_privileges(tmp_path, monkeypatch),
        pytest.raises(DataError, match=r"ill/000\.png .* Permission denied"),
    ):
        fingerprint(Path("images"))


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=1)
    manifest = tmp_path / "labels.csv"
    manifest.write_text("file,label\n")
    manifest.chmod(0o000)
    config = DataConfig(source="folder", path=Path("images"), manifest=Path("labels.csv"))
    with (
        without_privileges(tmp_path, monkeypatch),
        pytest.raises(DataError, match=r"labels\.csv .* Permission denied"),
    ):
        source_fingerprint(config, cache=tmp_path)


def test_a_kaggle_dataset_has_the_fingerprint_of_its_download_before_it(tmp_path: Path) -> None:
    config = DataConfig.model_validate({"source": "kaggle", "kaggle": {"dataset": "owner/name", "version": 3}})
    before = source_fingerprint(config, cache=tmp_path)
    make_class_folders(dataset_folder("owner/name", 3, cache=tmp_path))
    assert source_fingerprint(config, cache=tmp_path) == before


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    seen = []
    for content, name in (
        (zip_bytes({"1": b"one"}), archive),
        (zip_bytes({"1": b"two"}), archive),
        (zip_bytes({"1": b"one"}), tmp_path / "moved.zip"),
    ):
        name.write_bytes(content)
        seen.append(source_fingerprint(DataConfig(source="archive", path=name), cache=tmp_path / "cache"))
    assert seen[0] == seen[2] != seen[1]
    with pytest.raises(ConfigurationError, match="not there"):
        source_fingerprint(DataConfig(source="archive", path=tmp_path / "absent.zip"), cache=tmp_path)


def test_a_table_beside_its_data_is_part_of_their_fingerprint(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    table = tmp_path / "table.csv"
    config = DataConfig.model_validate({"source": "table", "path": str(root), "table": {"file": str(table)}})
    seen = []
    for text in ("image,label\n1,ill\n", "image,label\n2,ill\n"):
        table.write_text(text)
        seen.append(source_fingerprint(config, cache=tmp_path))
    (root / "ill" / "000.png").unlink()
    seen.append(source_fingerprint(config, cache=tmp_path))
    assert len(set(seen)) == 3


@pytest.mark.parametrize("settings", [{"table": {"file": "X"}}, {"dicom": {"table": "X", "labels_from": "table"}}])
def test_a_table_outside_an_archive_is_part_of_its_fingerprint(tmp_path: Path, settings: dict[str, dict]) -> None:
    (tmp_path / "data.zip").write_bytes(zip_bytes({"1": b""}))
    (layout, values), table = next(iter(settings.items())), tmp_path / "table.csv"
    values = {key: str(table) if value == "X" else value for key, value in values.items()}
    config = DataConfig.model_validate(
        {"source": "archive", "path": str(tmp_path / "data.zip"), "layout": layout, layout: values}
    )
    seen = []
    for text in ("image,label\n1,ill\n", "image,label\n2,ill\n"):
        table.write_text(text)
        seen.append(source_fingerprint(config, cache=tmp_path))
    assert seen[0] != seen[1]


def test_other_datasets_versions_and_manifests_have_other_fingerprints(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    settings = [
        {"kaggle": {"dataset": "owner/name", "version": 2}},
        {"kaggle": {"dataset": "owner/other", "version": 2}},
        {"kaggle": {"dataset": "owner/name", "version": 1}},
        {"kaggle": {"dataset": "owner/name", "version": 2}, "manifest": str(manifest)},
    ]
    manifest.write_text("file\n")
    configs = [DataConfig.model_validate({"source": "kaggle", **each}) for each in settings]
    seen = [source_fingerprint(config, cache=tmp_path) for config in configs]
    manifest.write_text("file,label\n")
    seen.append(source_fingerprint(configs[-1], cache=tmp_path))
    assert len(set(seen)) == 5


DICOM_FOLDER = {"source": "dicom", "path": "images"}
DICOM_ARCHIVE = {"source": "archive", "path": "images.zip", "layout": "dicom"}
DICOM_DATASET = {"source": "kaggle", "kaggle": {"dataset": "owner/name", "version": 3}, "layout": "dicom"}
CLASS_FOLDERS = {"source": "folder", "path": "images"}


@pytest.mark.parametrize(
    ("settings", "salted"), [(DICOM_FOLDER, True), (DICOM_ARCHIVE, True), (DICOM_DATASET, True), (CLASS_FOLDERS, False)]
)
def test_another_salt_is_another_fingerprint_of_dicom_files_and_of_no_others(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, object],
    salted: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_class_folders(tmp_path / "images", images=1)
    (tmp_path / "images.zip").write_bytes(zip_bytes({"1": b""}))
    config = DataConfig.model_validate(settings)
    salts = ("a secret of this hospital", "a secret of another one")
    seen = []
    with caplog.at_level(logging.DEBUG):
        for salt in (*salts, salts[0]):
            monkeypatch.setenv("MEDIMAGE_SALT", salt)
            seen.append(source_fingerprint(config, cache=tmp_path / "cache"))
    assert seen[0] == seen[2]
    assert (seen[0] != seen[1]) is salted
    assert not any(salt in caplog.text or salt in found for salt in salts for found in seen)

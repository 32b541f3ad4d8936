"""Where new images come from."""

import shutil
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.image_table import ImageTable
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.errors import ConfigurationError, DataError, UnknownClassError
from medimage.retraining.new_data_source import new_data_config, open_new_data
from tests.support.images import encode, make_class_folders, textured

CLASSES = ("ill", "well")
SYNTHETIC = DataConfig.model_validate({"source": "synthetic"})


def read(place: Path, data: DataConfig = SYNTHETIC) -> ImageTable:
    config = new_data_config(data, place, classes=CLASSES)
    # As a step gets it: through JSON, and validated anew.
    again = DataConfig.model_validate_json(config.model_dump_json())
    assert source_fingerprint(again, cache=place.parent / "cache")
    return ImageTable.from_source(open_new_data(again, cache=place.parent / "cache"))


def test_one_class_is_enough_and_spellings_do_not_matter(tmp_path: Path) -> None:
    table = read(make_class_folders(tmp_path / "new", classes=("ILL",), images=3))
    assert table.classes == CLASSES
    assert set(table.records["label"]) == {"ill"}


def test_an_archive_is_read_as_the_data_are_laid_out(tmp_path: Path) -> None:
    folder = make_class_folders(tmp_path / "new", images=2)
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    assert len(read(archive).records) == 4


def test_a_table_is_read_where_the_data_are_one(tmp_path: Path) -> None:
    for name, rows in (("old", "a,ill\nb,well\n"), ("new", "c,well\n")):
        folder = tmp_path / name
        (folder / "images").mkdir(parents=True)
        for image in ("a", "b") if name == "old" else ("c",):
            (folder / "images" / f"{image}.png").write_bytes(encode(textured(ord(image))))
        (folder / "table.csv").write_text(f"id,dx\n{rows}")
    columns = {"file": "table.csv", "image_column": "id", "label_column": "dx", "images": ["images"]}
    data = DataConfig.model_validate(
        {"source": "table", "path": str(tmp_path / "old"), "table": columns, "images_per_class": 1}
    )
    table = read(tmp_path / "new", data)
    assert table.records["label"].tolist() == ["well"]


def test_labels_of_the_configuration_count_here_as_well(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "new", classes=("sick", "other"), images=2)
    data = DataConfig.model_validate({"source": "synthetic", "labels": {"sick": "ill", "other": None}})
    table = read(tmp_path / "new", data)
    assert set(table.records["label"]) == {"ill"}
    assert len(table.skipped_files) == 2


def test_a_new_class_is_refused_with_what_to_do(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "new", classes=("ill", "asthma"), images=1)
    with pytest.raises(UnknownClassError) as caught:
        read(tmp_path / "new")
    told = str(caught.value)
    assert "'asthma'" in told
    assert "'ill' and 'well' only" in told
    assert "data.labels" in told
    assert "pipelines.train_pipeline" in told
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("kind", ["empty", "unlabelled", "text only", "wrapped"])
def test_a_folder_without_labelled_images_is_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    if kind == "unlabelled":
        (folder / "a.png").write_bytes(encode(textured(1)))
    if kind == "text only":
        (folder / "ill").mkdir()
        (folder / "ill" / "a.txt").write_text("no image")
    if kind == "wrapped":
        make_class_folders(folder / "delivery", images=1)
    with pytest.raises((DataError, ConfigurationError), match="--new-data: Expected"):
        read(folder)

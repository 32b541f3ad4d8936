from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.folder import FolderSource
from medimage.data.sources.open_source import open_source
from tests.support.images import make_class_folders


def subset(root: Path, count: int) -> list[ImageRecord]:
    config = DataConfig(source="folder", path=root, images_per_class=count)
    source = open_source(config, cache=Path("unused"))
    records = list(source.records())
    assert len(source) == len(records)
    assert source.files_found == len(records) + len(source.skipped_files)
    return records


def test_a_subset_has_its_own_length_and_lies_in_every_larger_one(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=7)
    small, large = subset(root, 2), subset(root, 5)
    assert [record.label for record in small] == ["ill"] * 2 + ["well"] * 2
    assert {record.image_id for record in small} < {record.image_id for record in large}
    assert len(subset(root, 100)) == 14


def test_a_subset_names_every_image_that_it_leaves_out(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=3)
    (root / "ill" / "notes.txt").touch()
    source = open_source(DataConfig(source="folder", path=root, images_per_class=2), cache=Path("unused"))
    kept = {record.name for record in source.records()}
    everything = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    reasons = dict(source.skipped_files)
    assert set(reasons) == everything - kept
    assert reasons.pop("ill/notes.txt").startswith("not an image")
    assert set(reasons.values()) == {"beyond the 2 images that data.images_per_class keeps of each class"}


def test_a_subset_reads_what_it_leaves_out_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_class_folders(tmp_path / "images", images=6)
    read: list[str] = []
    read_records = FolderSource.records

    def counted(self: FolderSource, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        for record in read_records(self, names):
            read.append(record.name)
            yield record

    monkeypatch.setattr(FolderSource, "records", counted)
    subset(root, 2)
    assert len(read) == 12 + 4


def test_generated_images_can_be_a_subset_too() -> None:
    config = DataConfig.model_validate(
        {"source": "synthetic", "images_per_class": 2, "synthetic": {"patients_per_class": 3, "image_size": 32}}
    )
    source = open_source(config, cache=Path("unused"))
    assert len(source) == len(list(source.records())) == 10

"""Archives are often packed with a folder around everything: the message says so and names the setting."""

import re
import shutil
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.sources.folder import FolderSource
from medimage.data.sources.open_source import open_source
from medimage.errors import ConfigurationError, DataError
from tests.support.images import encode, make_class_folders, textured


def packed(folder: Path) -> Path:
    """Returns a zip archive of a folder's content, as a file manager makes it: with entries for folders, too."""
    return Path(shutil.make_archive(str(folder.parent / "images"), "zip", folder))


def from_archive(path: Path, cache: Path, **settings: object) -> FolderSource:
    config = DataConfig.model_validate({"source": "archive", "path": str(path), **settings})
    found = open_source(config, cache=cache)
    assert isinstance(found, FolderSource)
    return found


@pytest.mark.parametrize("classes", ["auto", ["ill", "well"]])
@pytest.mark.parametrize("around", ["chest x-rays", "data/chest"])
def test_an_archive_with_a_folder_around_its_classes_names_the_subfolder(
    around: str, classes: object, tmp_path: Path
) -> None:
    make_class_folders(tmp_path / "packed" / around, images=2)
    (tmp_path / "packed" / "__MACOSX").mkdir()
    (tmp_path / "packed" / "LICENSE.txt").touch()
    archive, cache = packed(tmp_path / "packed"), tmp_path / "cache"
    with pytest.raises(ConfigurationError) as caught:
        from_archive(archive, cache, classes=classes).classes  # noqa: B018
    message = str(caught.value)
    assert f"there is only the folder '{around}', which holds 'ill' and 'well'" in message
    setting = re.search(r"set data\.archive\.subfolder: '(.*)'\.$", message)
    assert setting is not None
    source = from_archive(archive, cache, classes=classes, archive={"subfolder": setting[1]})
    assert source.classes == ("ill", "well")
    assert [record.name for record in source.records()] == [
        "ill/000.png",
        "ill/001.png",
        "well/000.png",
        "well/001.png",
    ]


def test_a_subfolder_that_is_named_already_is_gone_on_from(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "packed" / "data" / "chest", images=2)
    archive = packed(tmp_path / "packed")
    with pytest.raises(
        ConfigurationError, match=r"only the folder 'chest'.* set data\.archive\.subfolder: 'data/chest'"
    ):
        len(from_archive(archive, tmp_path / "cache", archive={"subfolder": "data"}))


def test_a_dataset_of_kaggle_with_a_folder_around_its_classes_names_the_subfolder(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "owner__name" / "version-3" / "chest", images=2)
    settings: dict[str, object] = {"source": "kaggle", "kaggle": {"dataset": "owner/name", "version": 3}}
    with pytest.raises(ConfigurationError, match=r"set data\.kaggle\.subfolder: 'chest'\.$"):
        len(open_source(DataConfig.model_validate(settings), cache=tmp_path))


@pytest.mark.parametrize("parts", [["train", "test"], ["Training"]])
def test_a_folder_around_the_parts_of_a_split_is_told(parts: list[str], tmp_path: Path) -> None:
    for part in parts:
        make_class_folders(tmp_path / "images" / "chest" / part, images=2)
    config = DataConfig(source="folder", path=tmp_path / "images")
    with pytest.raises(ConfigurationError) as caught:
        len(FolderSource(tmp_path / "images", config))
    assert str(caught.value).endswith(f"set data.path: '{tmp_path / 'images' / 'chest'}'.")
    assert len(FolderSource(tmp_path / "images" / "chest", config)) == 4 * len(parts)


def test_many_folders_are_told_by_the_first_ones_and_their_number(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "images" / "all", classes=tuple("abcdefghij"), images=1)
    with pytest.raises(ConfigurationError, match=r"which holds 'a', .*'h' and 2 more"):
        len(FolderSource(tmp_path / "images", DataConfig(source="folder", path=tmp_path / "images")))


@pytest.mark.parametrize(
    "settings",
    [
        {"classes": ["Ill", "well"]},
        {"labels": {"ill": "sick"}},
        {"classes": ["a", "b"], "ignored_labels": ["ill"]},
    ],
)
def test_a_single_folder_that_is_a_known_class_is_not_taken_for_one_around_the_classes(
    settings: dict[str, object], tmp_path: Path
) -> None:
    make_class_folders(tmp_path / "images" / "ill", classes=("images", "masks"), images=2)
    config = DataConfig.model_validate({"source": "folder", "path": str(tmp_path / "images"), **settings})
    with pytest.raises(DataError):
        len(FolderSource(tmp_path / "images", config))


def test_a_single_class_folder_without_folders_is_told_as_one_class(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "images", classes=("ill",), images=2)
    with pytest.raises(DataError, match=r"at least two classes .* but found \['ill'\]"):
        len(FolderSource(tmp_path / "images", DataConfig(source="folder", path=tmp_path / "images")))


def test_images_with_labels_in_a_manifest_may_lie_in_one_folder_of_folders(tmp_path: Path) -> None:
    rows = ["file,label"]
    for number, label in enumerate(("ill", "well")):
        folder = tmp_path / "all" / f"part_{number}"
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(encode(textured(number)))
        rows.append(f"all/part_{number}/1.png,{label}")
    (tmp_path / "MANIFEST.csv").write_text("\n".join(rows))
    assert FolderSource(tmp_path, DataConfig(source="folder", path=tmp_path)).classes == ("ill", "well")


def test_messages_about_an_archive_name_it_and_not_its_copy(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "packed" / "chest", images=2)
    (tmp_path / "empty").mkdir()
    for name, settings in (("packed", {}), ("empty", {}), ("packed", {"archive": {"subfolder": "chest/ill"}})):
        archive = Path(shutil.make_archive(str(tmp_path / f"{name}_images"), "zip", tmp_path / name))
        with pytest.raises((ConfigurationError, DataError)) as caught:
            len(from_archive(archive, tmp_path / "cache", **settings))
        assert str(archive) in str(caught.value)
        assert "cache" not in str(caught.value)


@pytest.mark.parametrize("parts", [["train", "test"], ["Training"]])
@pytest.mark.parametrize("around", ["chest", "train"])
def test_a_folder_around_the_classes_of_each_part_is_told(parts: list[str], around: str, tmp_path: Path) -> None:
    for part in parts:
        make_class_folders(tmp_path / part / around, images=2)
    with pytest.raises(ConfigurationError) as caught:
        len(FolderSource(tmp_path, DataConfig(source="folder", path=tmp_path)))
    assert f"only the folder '{around}', which holds 'ill' and 'well'" in str(caught.value)
    assert str(caught.value).endswith("move them one folder up.")


def test_folders_without_images_beside_the_one_around_the_classes_do_not_hide_it(tmp_path: Path) -> None:
    make_class_folders(tmp_path / "images" / "chest", images=2)
    (tmp_path / "images" / "docs").mkdir()
    (tmp_path / "images" / "docs" / "readme.txt").touch()
    with pytest.raises(ConfigurationError) as caught:
        len(FolderSource(tmp_path / "images", DataConfig(source="folder", path=tmp_path / "images")))
    assert str(caught.value).endswith(f"set data.path: '{tmp_path / 'images' / 'chest'}'.")

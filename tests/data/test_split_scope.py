"""Which data a locked test set belongs to."""

from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.config.sources import ArchiveConfig, KaggleConfig, SyntheticConfig
from medimage.data.lock_scope import lock_family, lock_scope, source_identity

FOLDER = DataConfig(source="folder", path=Path("/data/lung"))
ARCHIVE = DataConfig(source="archive", path=Path("/data/lung.zip"))
KAGGLE = DataConfig(source="kaggle", kaggle=KaggleConfig(dataset="owner/name", version=1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FOLDER, FOLDER.model_copy(update={"labels": {"ill": "sick"}, "manifest": "none", "batch_size": 4})),
        (KAGGLE, KAGGLE.model_copy(update={"kaggle": KaggleConfig(dataset="owner/name", version=2)})),
    ],
)
def test_the_same_source_is_the_same_however_it_is_read_and_whatever_version_it_has(
    one: DataConfig, other: DataConfig
) -> None:
    assert source_identity("lung", one) == source_identity("lung", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FOLDER, FOLDER.model_copy(update={"path": Path("/data/other")})),
        (FOLDER, FOLDER.model_copy(update={"images_per_class": 50})),
        (FOLDER, FOLDER.model_copy(update={"source": "dicom"})),
        (KAGGLE, KAGGLE.model_copy(update={"kaggle": KaggleConfig(dataset="owner/other", version=1)})),
        (KAGGLE, KAGGLE.model_copy(update={"kaggle": KaggleConfig(dataset="owner/name", version=1, subfolder="a")})),
        (ARCHIVE, ARCHIVE.model_copy(update={"archive": ArchiveConfig(subfolder="a")})),
        (DataConfig(source="synthetic"), DataConfig(source="synthetic", synthetic=SyntheticConfig(seed=1))),
    ],
)
def test_another_place_or_sample_is_another_source(one: DataConfig, other: DataConfig) -> None:
    assert source_identity("lung", one) != source_identity("lung", other)


def test_a_relative_path_is_the_place_that_it_leads_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    relative, absolute = (DataConfig(source="folder", path=path) for path in (Path("lung"), tmp_path / "lung"))
    assert source_identity("lung", relative) == source_identity("lung", absolute)


def test_problem_name_and_classes_tell_scopes_apart_and_the_order_of_classes_does_not() -> None:
    scope = lock_scope(source_identity("lung", FOLDER), name="default", classes=("a", "b"))
    assert lock_scope(source_identity("lung", FOLDER), name="default", classes=("b", "a")) == scope
    assert lock_scope(source_identity("skin", FOLDER), name="default", classes=("a", "b")) != scope
    assert lock_scope(source_identity("lung", FOLDER), name="final", classes=("a", "b")) != scope
    assert lock_scope(source_identity("lung", FOLDER), name="default", classes=("a", "b", "c")) != scope


ELSEWHERE = [
    FOLDER.model_copy(update={"path": Path("/data/moved")}),
    DataConfig(source="archive", path=Path("/data/lung.zip")),
    FOLDER.model_copy(update={"source": "table"}),
    KAGGLE,
]


@pytest.mark.parametrize("config", ELSEWHERE)
def test_images_that_lie_elsewhere_are_of_another_scope_and_of_the_same_family(config: DataConfig) -> None:
    here, there = source_identity("lung", FOLDER), source_identity("lung", config)
    assert lock_scope(here, name="default", classes="ab") != lock_scope(there, name="default", classes="ab")
    assert lock_family(here, name="default", classes="ab") == lock_family(there, name="default", classes="ba")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FOLDER, FOLDER.model_copy(update={"images_per_class": 50})),
        (FOLDER, DataConfig(source="synthetic")),
        (DataConfig(source="synthetic"), DataConfig(source="synthetic", synthetic=SyntheticConfig(seed=1))),
    ],
)
def test_a_sample_and_generated_images_are_of_a_family_of_their_own(one: DataConfig, other: DataConfig) -> None:
    assert lock_family(source_identity("lung", one), name="default", classes="ab") != lock_family(
        source_identity("lung", other), name="default", classes="ab"
    )


def test_problem_name_and_classes_tell_families_apart() -> None:
    family = lock_family(source_identity("lung", FOLDER), name="default", classes="ab")
    assert lock_family(source_identity("skin", FOLDER), name="default", classes="ab") != family
    assert lock_family(source_identity("lung", FOLDER), name="final", classes="ab") != family
    assert lock_family(source_identity("lung", FOLDER), name="default", classes="abc") != family

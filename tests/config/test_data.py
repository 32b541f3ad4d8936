import pytest
from pydantic import ValidationError

from medimage.config.data import DataConfig


def data(**settings: object) -> DataConfig:
    return DataConfig.model_validate(settings)


@pytest.mark.parametrize("source", ["folder", "table", "archive", "dicom"])
def test_every_local_source_needs_a_path(source: str) -> None:
    with pytest.raises(ValidationError, match=f"source '{source}' needs data.path"):
        data(source=source)
    assert data(source=source, path="x").source == source


@pytest.mark.parametrize(
    ("settings", "layout"),
    [
        ({"source": "folder"}, "folder"),
        ({"source": "table"}, "table"),
        ({"source": "table", "layout": "table"}, "table"),
        ({"source": "dicom"}, "dicom"),
        ({"source": "archive"}, "folder"),
        ({"source": "archive", "layout": "table"}, "table"),
        ({"source": "archive", "layout": "dicom"}, "dicom"),
        ({"source": "kaggle", "layout": "table", "kaggle": {"dataset": "owner/name"}}, "table"),
    ],
)
def test_the_layout_is_what_the_source_says_or_what_is_given(settings: dict[str, object], layout: str) -> None:
    config = data(path="x", **settings)
    assert config.layout_found == layout
    assert DataConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "folder", "layout": "table"}, "use source 'table' or layout 'folder'"),
        ({"source": "dicom", "layout": "table"}, "layout 'table' says what an archive"),
        ({"source": "table", "layout": "dicom"}, "but source is 'table'"),
        ({"source": "synthetic", "layout": "dicom"}, "but source is 'synthetic'"),
        ({"source": "table", "manifest": "m.csv"}, "its own settings in data.table"),
        ({"source": "archive", "layout": "dicom", "manifest": "m.csv"}, "its own settings in data.dicom"),
        ({"source": "table", "table": {"label_column": "dx", "group_column": "DX"}}, "label_column and group_column"),
        ({"source": "table", "table": {"image_column": "id", "origin_column": "id"}}, "image_column and origin_column"),
    ],
)
def test_impossible_combinations_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        data(path="x", **settings)


def test_an_image_may_be_its_own_group() -> None:
    config = data(source="table", path="x", table={"image_column": "id", "group_column": "id"})
    assert config.table.columns == {"image_column": "id", "label_column": "label", "group_column": "id"}

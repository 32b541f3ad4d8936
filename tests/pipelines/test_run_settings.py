import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medimage.config.run import RunConfig
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.data.sources.open_source import open_source
from medimage.serving.decoders import decoder_versions
from medimage.workspace import workspace
from pipelines.bound_step import bind
from pipelines.definitions.parts import normalization_step
from pipelines.run_settings import resolve_run_settings
from steps.download_dataset import download_dataset
from steps.prepare_pixels import prepare_pixels
from steps.validate_dataset import validate_dataset
from tests.support.images import make_class_folders
from tests.support.kaggle_server import PlayedKaggle, playing_kaggle, with_key, without_credentials, zip_of


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedKaggle]:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "medimage"))
    without_credentials(tmp_path / "home", monkeypatch)
    with_key(monkeypatch)
    with playing_kaggle(PlayedKaggle(versions={1: archive(tmp_path / "one", images=2)})) as played:
        monkeypatch.setenv("KAGGLE_API_ENDPOINT", played.address)
        yield played


def archive(folder: Path, *, images: int) -> bytes:
    root = make_class_folders(folder, images=images)
    return zip_of({path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.png")})


def config(data: dict[str, Any], **model: Any) -> RunConfig:
    return RunConfig.model_validate({"problem": "two", "data": data, "model": {"pretrained": False, **model}})


def test_what_is_read_is_the_version_that_the_fingerprint_is_of(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    settings = resolve_run_settings(config({"source": "kaggle", "kaggle": {"dataset": "owner/name"}}))
    # A new version appears between the start of a run and its first step.
    kaggle.versions[2] = archive(tmp_path / "two", images=5)
    downloads = workspace() / "downloads"
    assert settings.data_to_read.kaggle.version == 1
    assert len(open_source(settings.data_to_read, cache=downloads)) == 4
    assert source_fingerprint(settings.data_to_read, cache=downloads) == settings.source_fingerprint
    later = resolve_run_settings(config({"source": "kaggle", "kaggle": {"dataset": "owner/name"}}))
    assert later.data_to_read.kaggle.version == 2
    assert later.source_fingerprint != settings.source_fingerprint


def test_what_decides_the_reading_and_no_more_is_handed_to_it(tmp_path: Path) -> None:
    data = {"source": "folder", "path": str(make_class_folders(tmp_path / "images", images=1))}
    read = resolve_run_settings(config(data)).data_to_read
    assert resolve_run_settings(config({**data, "color_mode": "rgb", "batch_size": 5})).data_to_read == read
    assert resolve_run_settings(config({**data, "images_per_class": 1})).data_to_read != read


@pytest.mark.parametrize("step", [download_dataset, validate_dataset, prepare_pixels])
def test_steps_whose_result_depends_on_decoders_have_them_among_their_settings(step: Any, tmp_path: Path) -> None:
    data = {"source": "folder", "path": str(make_class_folders(tmp_path / "images", images=1))}
    assert resolve_run_settings(config(data)).decoders == decoder_versions()
    assert "decoders" in step.entrypoint_definition.inputs


def test_the_step_whose_result_depends_on_libraries_has_them_among_its_settings(tmp_path: Path) -> None:
    package = tmp_path / "scipy-99.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: scipy\nVersion: 99.0\n")
    data = {"source": "folder", "path": str(make_class_folders(tmp_path / "images", images=1))}
    before = _bound_audit(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(tmp_path))
        after = _bound_audit(data)
    assert {"pandas", "scipy", "great-expectations"} <= set(before)
    assert {**before, "scipy": "99.0"} == after


def _bound_audit(data: dict[str, Any]) -> dict[str, str]:
    """Returns the versions that the audit's step has as parameters, which its cache key holds."""
    settings = resolve_run_settings(config(data))
    return bind(validate_dataset, libraries=settings.audit_libraries).configuration.parameters["libraries"]


def test_statistics_that_the_weights_expect_reach_the_step_that_normalises(tmp_path: Path) -> None:
    data = {"source": "folder", "path": str(make_class_folders(tmp_path / "images", images=1))}
    given = {"mean": [0.5], "std": [0.25]}
    model = {"normalization": "pretrained", "pretrained_statistics": given}
    parameters = normalization_step(resolve_run_settings(config(data, **model))).configuration.parameters
    assert parameters["given"] == given
    assert parameters["statistics"] == "pretrained"
    assert normalization_step(resolve_run_settings(config(data))).configuration.parameters["given"] is None


def test_saved_statistics_that_are_not_there_are_told_with_the_way_to_make_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = {"source": "folder", "path": str(make_class_folders(tmp_path / "images", images=1))}
    file = tmp_path / "mistyped.json"
    with caplog.at_level(logging.WARNING, logger="pipelines.run_settings"):
        assert resolve_run_settings(config(data, normalization_file=str(file))).saved_normalization is None
    (told,) = [record.getMessage() for record in caplog.records if record.name == "pipelines.run_settings"]
    assert f"there is no file {file}" in told
    assert "measured on the training images" in told
    assert "medimage stats save" in told
    caplog.clear()
    SavedNormalization(mean=(0.5,), std=(0.25,), input_size=8, images=3, data_hash="a", preprocessing="1").write(file)
    assert resolve_run_settings(config(data, normalization_file=str(file))).saved_normalization is not None
    assert resolve_run_settings(config(data)).saved_normalization is None
    assert [record for record in caplog.records if record.name == "pipelines.run_settings"] == []

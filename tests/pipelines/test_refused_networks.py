"""Networks and recipes that do not fit each other are told before any work on data, with exit code 2."""

import sys
from pathlib import Path
from typing import Any

import pytest

from medimage.config.run import RunConfig
from medimage.errors import ConfigurationError
from pipelines.run_settings import resolve_run_settings


def config(*, model: dict[str, Any] | None = None, training: dict[str, Any] | None = None) -> RunConfig:
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic"},
            "model": {"name": "test_resnet", "input_size": 32, "pretrained": False, **(model or {})},
            "training": {"device": "cpu", **(training or {})},
        }
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"model": {"name": "resnet81"}},
            r"model\.name: there is no architecture 'resnet81'.*did you mean resnet18, ",
        ),
        ({"model": {"name": "InceptionV3"}}, r"inception_v3 cannot take images of 32 x 32.*its own is 299"),
        ({"model": {"name": "vit_b_16", "input_size": 100}}, r"would ignore the last 4 rows.*multiple of 16"),
        ({"model": {"options": {"dorp_rate": 0.1}}}, r"model\.options .*dorp_rate"),
        ({"training": {"stage2": {"trainable": 99}}}, r"training\.stage2\.trainable to be at most 5.*but got 99"),
        (
            {"training": {"stage2": {"learning_rate": "auto"}}},
            r"training\.stage2\.learning_rate is auto but",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_key_and_way_out(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        resolve_run_settings(config(**changes))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_what_the_strategy_does_not_train_is_not_looked_at() -> None:
    stage2 = {"learning_rate": "auto", "epochs": 3}
    with pytest.raises(ConfigurationError, match=r"training\.stage2\.learning_rate is auto"):
        resolve_run_settings(config(training={"strategy": "full", "stage2": stage2}))
    found = resolve_run_settings(config(training={"strategy": "head_only", "stage2": stage2, "batch_size": 7}))
    assert found.batch_size == 7


def test_what_auto_stands_for_is_settled_before_the_start_but_for_the_batch() -> None:
    found = resolve_run_settings(
        config(model={"name": "ResNet50", "normalization": "auto"}, training={"batch_size": "auto"})
    )
    assert (found.normalization, found.batch_size) == ("pretrained", "auto")
    listed = {"batch_size": "auto", "batch_sizes": {"test_resnet": 6}}
    assert resolve_run_settings(config(training=listed)).batch_size == 6


def test_a_network_that_fitted_once_is_not_built_again_but_another_size_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    resolve_run_settings(config(model={"name": "test_resnet", "input_size": 64}))
    monkeypatch.setitem(sys.modules, "medimage.training.preflight", None)  # Importing it fails from here on.
    resolve_run_settings(config(model={"name": "test_resnet", "input_size": 64}))
    with pytest.raises(ImportError):
        resolve_run_settings(config(model={"name": "test_resnet", "input_size": 96}))

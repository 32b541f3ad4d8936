import json
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError
from pipelines.evaluation_arguments import read_evaluation_arguments

CONFIG = ("--config", "configs/quickstart.yaml")


@pytest.mark.parametrize(
    ("words", "models", "part"),
    [
        (("--models", "a@champion", "b/2", *CONFIG), ("a@champion", "b/2"), "all"),
        ((*CONFIG, "--models=all", "--images", "test"), ("all",), "test"),
        ((*CONFIG, "--models", "a/1", "--seed", "3", "--images=all"), ("a/1",), "all"),
    ],
)
def test_models_stand_between_the_other_options(words: tuple[str, ...], models: tuple[str, ...], part: str) -> None:
    found = read_evaluation_arguments(words)
    assert (found.models, found.part) == (models, part)
    assert found.run.config.seed == (3 if "--seed" in words else 42)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (CONFIG, "--models: name the models"),
        ((*CONFIG, "--models"), "--models: name the models"),
        ((*CONFIG, "--models", "all", "--images", "some"), "one of all, test but got some"),
        ((*CONFIG, "--models", "all", "--seeds", "3"), "--seed"),
        (("--models", "all"), "--config"),
    ],
)
def test_a_wrong_command_is_told_and_an_old_summary_removed(
    tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps({"run_id": "of an earlier run"}))
    with pytest.raises(ConfigurationError, match=expected):
        read_evaluation_arguments([*words, "--summary", str(summary)])
    assert not summary.exists()

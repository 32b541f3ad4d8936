"""The command line of the retraining pipeline."""

from pathlib import Path

import pytest

from medimage.errors import ConfigurationError
from pipelines.retrain_arguments import RetrainArguments, read_retrain_arguments

CONFIG = ("--config", "configs/quickstart.yaml")


def read(*words: str) -> RetrainArguments:
    return read_retrain_arguments([*CONFIG, *words])


def test_what_is_asked_for_is_read(tmp_path: Path) -> None:
    found = read(
        *("--model", "a@champion", "--log", str(tmp_path), "--feedback", str(tmp_path), "--last-days", "3"),
        *("--new-data", str(tmp_path), "--model.name", "resnet18", "--retraining.new_images", "7", "--wait"),
        *("--force", "--reason", "a new scanner", "--by", "anna", "--no-cache"),
    )
    assert (found.model, found.new_data, found.wait, found.history) == ("a@champion", tmp_path, True, False)
    assert found.monitoring is not None
    assert (found.monitoring.folder, found.monitoring.feedback) == (str(tmp_path), str(tmp_path))
    assert found.monitoring.since is not None
    assert found.force is not None
    assert (found.force.by, found.force.reason) == ("anna", "a new scanner")
    assert (found.run.config.model.name, found.run.config.retraining.new_images) == ("resnet18", 7)
    assert not found.run.use_cache


def test_nothing_but_a_configuration_is_needed() -> None:
    found = read()
    assert (found.model, found.monitoring, found.new_data, found.force) == (None, None, None, None)
    assert found.run.config.retraining.promote


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--log", "nowhere"], "--log: expected a folder"),
        (["--log", "README.md"], "is none"),
        (["--new-data", "nowhere"], "--new-data: expected a folder or an archive"),
        (["--feedback", "."], "--feedback: goes with --log"),
        (["--last-days", "3"], "--last-days: goes with --log"),
        (["--log", ".", "--last-days", "-1"], "--last-days: expected more than 0"),
        (["--log", ".", "--last-days", "nan"], "--last-days: expected more than 0"),
        (["--log", ".", "--last-days", "1e12"], "a calendar has"),
        (["--force"], "--force needs --reason TEXT and --by NAME"),
        (["--force", "--by", "anna", "--reason", " "], "--force needs"),
        (["--by", "anna", "--reason", "x"], "with --force"),
        (["--force", "--by", "anna", "--reason", "x" * 600], "at most 500 characters"),
        (["--split.test_set", "null"], "split.test_set: a new model is held against"),
        (["--split.folds", "3"], "split.folds tests on a fold"),
        (["--gate.champion.comparison", "show"], "set --gate.champion.comparison require"),
        (["--retraining.new_images", "0"], "retraining.new_images"),
        (["--retraining.drift", "[colour]"], "retraining.drift"),
        (["--retraining.promte", "true"], "retraining.promote"),
        (["--nonsense", "x"], "--nonsense"),
    ],
)
def test_a_wrong_command_is_told(words: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read(*words)


def test_help_tells_every_option_and_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        read("--help")
    text = " ".join(capsys.readouterr().out.split())
    for option in ("--model", "--log", "--feedback", "--last-days", "--reference-images", "--new-data", "--wait"):
        assert option in text
    assert "5: another retraining of the model is under way" in text
    assert "--retraining.maximum_age_days" in text


def test_a_wrong_command_removes_the_summary_of_an_earlier_run(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    summary.write_text('{"run_id": null}')
    with pytest.raises(ConfigurationError):
        read("--log", "nowhere", "--summary", str(summary))
    assert not summary.exists()

from pathlib import Path

import pytest
from pydantic import ValidationError

from medimage.config.candidates import candidate_configs
from medimage.config.experiment import CandidateConfig
from medimage.config.loading import config_to_yaml
from medimage.config.purpose import cross_validation_problems, experiment_problems, training_problems
from tests.support.configuration import parse, problems, write

TWO = """\
training: {batch_size: 8, stage2: {epochs: 4}}
experiment:
  candidates:
    small: {}
    large:
      model: {name: resnet50}
      training:
        stage2:
          epochs: 9
"""


def test_a_candidate_is_the_run_with_its_own_keys_laid_over(base, tmp_path):
    config = parse("--config", base, "--config", write(tmp_path, TWO)).config
    small, large = candidate_configs(config).values()
    assert (small.model, small.training) == (config.model, config.training)
    assert (large.model.name, large.training.stage2.epochs, large.training.batch_size) == ("resnet50", 9, 8)
    assert large.training.stage2.schedule == config.training.stage2.schedule
    assert (large.data, large.split, large.gate) == (config.data, config.split, config.gate)
    assert not large.experiment.candidates


def test_a_configuration_with_candidates_reads_back_from_what_is_printed(base, tmp_path):
    config = parse("--config", base, "--config", write(tmp_path, TWO)).config
    printed = write(tmp_path, config_to_yaml(config), "printed.yaml")
    assert parse("--config", printed).config == config


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (
            "{training: {stage2: {epoch: 3}}}",
            "experiment.candidates.a.training.stage2.epoch: there is no such key; did you mean training.stage2.epochs",
        ),
        ("{training: {stage2: {epochs: three}}}", "experiment.candidates.a.training.stage2.epochs: expected a whole"),
        ("{model: {weights: absent.safetensors}}", "experiment.candidates.a.model.weights: there is no file"),
        ("{data: {source: folder}}", "experiment.candidates.a.data: there is no such key"),
        ("{training: {strategy: head_only, stage1: {epochs: 0}}}", "experiment.candidates.a.training: strategy"),
    ],
)
def test_what_is_wrong_with_a_candidate_is_told_with_its_full_key_and_line(base, tmp_path, candidate, told):
    file = write(tmp_path, f"experiment:\n  candidates:\n    b: {{}}\n    a: {candidate}\n")
    message = problems("--config", base, "--config", file)
    assert told in message
    assert "line 4" in message or "weights" in told


def test_a_candidate_is_not_told_what_is_wrong_with_the_run(base):
    weights = "absent.safetensors"
    message = problems("--config", base, "--model.weights", weights, "--experiment.candidates", "{a: {}, b: {}}")
    assert message.count(weights) == 1


def test_a_name_that_cannot_be_part_of_a_step_is_refused(base):
    assert "candidates" in problems("--config", base, "--experiment.candidates", "{'Two words': {}, b: {}}")


def test_unknown_keys_of_a_candidate_are_no_configuration(base):
    config = parse("--config", base).config
    odd = config.model_copy(
        update={
            "experiment": config.experiment.model_copy(update={"candidates": {"a": CandidateConfig(model={"x": 1})}})
        }
    )
    with pytest.raises(ValidationError):
        candidate_configs(odd)


@pytest.mark.parametrize(
    ("candidates", "told"),
    [
        ("{}", "compares two candidates or more but got none"),
        ("{one: {}}", "compares two candidates or more but got one"),
        ("{one: {}, two: {model: {head: medical}}}", "one and two are the same"),
    ],
)
def test_an_experiment_needs_candidates_that_differ(base, candidates, told):
    config = parse("--config", base, "--experiment.candidates", candidates).config
    assert told in experiment_problems(config)[0]


def test_candidates_that_differ_are_an_experiment_and_nothing_else(base, tmp_path):
    config = parse("--config", base, "--config", write(tmp_path, TWO)).config
    assert experiment_problems(config) == []
    assert "experiment_pipeline" in training_problems(config)[0]
    assert any("experiment_pipeline" in problem for problem in cross_validation_problems(config))


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        (("--split.folds", "3"), []),
        ((), ["split.folds"]),
        (("--split.folds", "3", "--split.test_fold", "1"), ["split.test_fold"]),
        (
            (
                "--split.folds",
                "3",
                "--cross_validation.ensemble",
                "true",
                "--export.reduced_precision.candidates",
                '["int8"]',
            ),
            ["export.reduced_precision.candidates"],
        ),
        (("--split.folds", "3", "--model.normalization_file", "stats.json"), ["model.normalization_file"]),
    ],
)
def test_a_cross_validation_needs_folds_and_tests_on_all_of_them(base: Path, settings, keys):
    config = parse("--config", base, *settings).config
    assert [problem.partition(":")[0] for problem in cross_validation_problems(config)] == keys
    assert training_problems(config) == []

"""What a configuration must hold, and must not, for the pipeline that it is given to."""

from medimage.config.candidates import candidate_configs
from medimage.config.run import RunConfig

_FEWEST_CANDIDATES = 2


def training_problems(config: RunConfig) -> list[str]:
    """Says why the train pipeline cannot run a configuration; empty where it can."""
    if config.experiment.candidate is not None:
        return []
    return _no_candidates(config, runs="trains one model", way_out="name one with --experiment.candidate NAME, run ")


def retraining_problems(config: RunConfig) -> list[str]:
    """Says why the retrain pipeline cannot run a configuration; empty where it can."""
    problems, split = training_problems(config), config.split
    if split.test_set is None or split.folds is not None:
        problems.append(
            "split.test_set: a new model is held against the champion on the locked test set, but "
            f"{'it is null' if split.test_set is None else 'split.folds tests on a fold'}: name the test set that the "
            "champion was judged on, and leave split.folds out"
        )
    if config.gate.champion.comparison != "require":
        problems.append(
            f"gate.champion.comparison: is {config.gate.champion.comparison}, but a champion is replaced only by a "
            "model that is shown to be better: set --gate.champion.comparison require"
        )
    return problems


def cross_validation_problems(config: RunConfig) -> list[str]:
    """Says why the cross-validation pipeline cannot run a configuration; empty where it can."""
    split, problems = config.split, _no_candidates(config, runs="cross-validates one recipe")
    if split.folds is None:
        problems.append("split.folds: a cross-validation needs a number of folds, such as --split.folds 5")
    if split.test_fold != 0:
        problems.append(
            f"split.test_fold: is {split.test_fold}, but a cross-validation tests on every fold: leave it at 0, or "
            "judge that fold alone with pipelines.train_pipeline"
        )
    if config.model.normalization_file is not None:
        problems.append(
            "model.normalization_file: holds the statistics of one split's training images, and every fold has others: "
            "set it to null"
        )
    if config.cross_validation.ensemble and config.export.reduced_precision.candidates:
        problems.append(
            "export.reduced_precision.candidates: no image is a test image of all models of an ensemble, so nothing "
            "could tell what fewer bits do to its sensitivities: set it to [], or train one model with "
            "pipelines.train_pipeline"
        )
    return problems


def experiment_problems(config: RunConfig) -> list[str]:
    """Says why the experiment pipeline cannot run a configuration; empty where it can."""
    names = list(config.experiment.candidates)
    if config.experiment.candidate is not None:
        return ["experiment.candidate: is for pipelines.train_pipeline; an experiment compares all candidates"]
    if len(names) < _FEWEST_CANDIDATES:
        return [
            "experiment.candidates: an experiment compares two candidates or more but got "
            f"{', '.join(names) or 'none'}; see configs/experiments"
        ]
    configs = candidate_configs(config)
    same = [
        f"experiment.candidates: {first} and {second} are the same, so there is nothing to compare"
        for place, first in enumerate(names)
        for second in names[place + 1 :]
        if configs[first] == configs[second]
    ]
    return same[:1]


def _no_candidates(config: RunConfig, *, runs: str, way_out: str = "run ") -> list[str]:
    if not config.experiment.candidates:
        return []
    return [
        f"experiment.candidates: this pipeline {runs}, so candidates have no effect: {way_out}"
        "pipelines.experiment_pipeline, or leave the section out"
    ]

"""The command line of the evaluation pipeline: a configuration, and the models to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.config.summary_file import remove_summary
from medimage.errors import ConfigurationError

_MODELS, _IMAGES = "--models", "--images"
_PARTS: dict[str, Literal["all", "test"]] = {"all": "all", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class EvaluationArguments:
    """What a person asked for.

    Attributes:
        run: The configuration, and where the summary goes.
        models: What the models are called.
        part: All usable images, or those of the split's test part.
    """

    run: RunArguments
    models: tuple[str, ...]
    part: Literal["all", "test"]


def read_evaluation_arguments(arguments: Sequence[str]) -> EvaluationArguments:
    """Reads the command line.

    Args:
        arguments: Words after the program's name.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help` and `--print_config`.
    """
    models, rest = _taken(_MODELS, arguments)
    parts, rest = _taken(_IMAGES, rest)
    run = parse_run_arguments(
        rest,
        program="python -m pipelines.evaluation_pipeline --models NAME@ALIAS ...|all [--images all|test]",
        description="Judges registered models on the images of a configuration's source: external validation, or with "
        "--images test the locked test set of the source that they were made from. --models takes NAME@ALIAS or "
        "NAME/VERSION, several of them, or all. Images that a model was trained or validated on are left out, by their "
        "hash. Models are ranked and one that passed is recommended; what was found is kept with each version. Exit "
        "code 0: one is recommended; 3: none passed.",
    )
    problems = []
    if not models:
        problems.append(f"{_MODELS}: name the models to judge, as NAME@ALIAS or NAME/VERSION, or all of them")
    if len(parts) > 1 or (parts and parts[0] not in _PARTS):
        problems.append(f"{_IMAGES}: expected one of {', '.join(_PARTS)} but got {' '.join(parts)}")
    if problems:
        if run.summary is not None:
            remove_summary(run.summary)
        raise ConfigurationError("\n".join(problems))
    return EvaluationArguments(run=run, models=tuple(models), part=_PARTS[parts[0]] if parts else "all")


def _taken(option: str, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the words after an option up to the next one, and all other words."""
    taken: list[str] = []
    rest: list[str] = []
    inside = False
    for word in arguments:
        name, equals, value = word.partition("=")
        if name == option:
            inside = True
            taken += [value] if equals else []
        elif word.startswith("-") or not inside:
            inside = False
            rest.append(word)
        else:
            taken.append(word)
    return taken, rest

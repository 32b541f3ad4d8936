"""From the candidates of an experiment to the configuration of each."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from medimage.config.file_checks import input_problems
from medimage.config.layers import KeyPath, Layer, merge_values
from medimage.config.problems import describe_problems
from medimage.config.run import RunConfig
from medimage.config.schema import ConfigSchema

_CANDIDATES: KeyPath = ("experiment", "candidates")


def candidate_configs(config: RunConfig) -> dict[str, RunConfig]:
    """Returns the configuration of every candidate, by name: the run's, with what the candidate changes.

    Args:
        config: A validated configuration, whose candidates were validated with it.

    Raises:
        ValidationError: If a candidate's keys or values are wrong, which loading has told otherwise.
    """
    values = config.model_dump(mode="json", exclude={"experiment"})
    return {
        name: _validated(merge_values(values, candidate.changes()))
        for name, candidate in config.experiment.candidates.items()
    }


def chosen_config(config: RunConfig) -> RunConfig:
    """Returns the configuration of the candidate that is chosen, or the run's own where none is."""
    chosen = config.experiment.candidate
    return config if chosen is None else candidate_configs(config)[chosen]


def candidate_problems(layer: Layer, *, schema: ConfigSchema, check_files: bool) -> Iterator[str]:
    """Yields a sentence for everything that is wrong with a candidate, with the full name of the key.

    Args:
        layer: The merged settings, which are valid but for their candidates.
        schema: The keys that exist.
        check_files: Whether the files that a candidate names must exist.
    """
    base = {key: value for key, value in layer.values.items() if key != _CANDIDATES[0]}
    known = set(input_problems(layer)) if check_files else set()
    for name, changes in layer.values[_CANDIDATES[0]][_CANDIDATES[1]].items():
        candidate = Layer(values=merge_values(base, changes), origins=_origins(layer, (*_CANDIDATES, name)))
        problems = [problem for problem in input_problems(candidate) if problem not in known] if check_files else []
        try:
            _validated(candidate.values)
        except ValidationError as error:
            problems += describe_problems(error, layer=candidate, schema=schema)
        yield from (f"{'.'.join(map(str, _CANDIDATES))}.{name}.{problem}" for problem in problems)


def _validated(values: Any) -> RunConfig:
    return RunConfig.model_validate_json(json.dumps(values), strict=True)


def _origins(layer: Layer, place: KeyPath) -> dict[KeyPath, str]:
    """Returns the origin of every value as if the candidate's changes stood where they take effect."""
    below = {path[len(place) :]: origin for path, origin in layer.origins.items() if path[: len(place)] == place}
    return {**layer.origins, **{path: origin for path, origin in below.items() if path}}

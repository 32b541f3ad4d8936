"""From files and a command line to a validated configuration, and back to text."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from medimage.config.candidates import candidate_problems
from medimage.config.command_line import read_command_line
from medimage.config.file_checks import input_problems
from medimage.config.help import help_text
from medimage.config.layer_file import read_layer
from medimage.config.layering import lay
from medimage.config.layers import Layer
from medimage.config.problems import configuration_error, describe_problems
from medimage.config.run import RunConfig
from medimage.config.schema import config_schema
from medimage.config.summary_file import remove_summary, summary_problem
from medimage.config.yaml_text import write_yaml
from medimage.errors import ConfigurationError

_NO_OVERRIDES: Final = Layer(values={}, origins={})


@dataclass(frozen=True, kw_only=True)
class RunArguments:
    """What a person asked a pipeline to do.

    Attributes:
        config: The validated configuration.
        use_cache: Whether steps whose inputs have not changed may be skipped.
        summary: File to write the outcome to, or None.
    """

    config: RunConfig
    use_cache: bool
    summary: Path | None


def parse_run_arguments(arguments: Sequence[str], *, program: str, description: str) -> RunArguments:
    """Reads the command line of a pipeline, with the files it names.

    `--help` and `--print_config` write to standard output and end the process with exit code 0. Where something is
    wrong, the summary of an earlier run is removed.

    Args:
        arguments: Words after the program's name.
        program: How the command is called, for the help.
        description: What it does, for the help.

    Raises:
        ConfigurationError: If anything is wrong; the message names all problems.
        SystemExit: After `--help` and `--print_config`.
    """
    schema = config_schema()
    line = read_command_line(arguments, schema=schema)
    if "--help" in line.switches:
        sys.stdout.write(help_text(program=program, description=description, schema=schema))
        raise SystemExit(0)
    problems = list(line.problems)
    not_for_summary = None if line.summary is None else summary_problem(line.summary)
    if not_for_summary is not None:
        problems.append(not_for_summary)
    config: RunConfig | None = None
    if line.config_files:
        config, more_problems = _load(line.config_files, line.overrides, check_files=True)
        problems += more_problems
    else:
        problems.append("--config: name at least one configuration file, such as --config configs/quickstart.yaml")
    if problems or config is None:
        if line.summary is not None and not_for_summary is None:
            remove_summary(line.summary)
        raise configuration_error(problems)
    if "--print_config" in line.switches:
        sys.stdout.write(config_to_yaml(config))
        raise SystemExit(0)
    return RunArguments(config=config, use_cache="--no-cache" not in line.switches, summary=line.summary)


def load_config(files: Sequence[Path], *, check_files: bool = True) -> RunConfig:
    """Reads and merges configuration files, each laid on those before it.

    Args:
        files: YAML files.
        check_files: Whether the files and folders that the configuration names must exist.

    Raises:
        ConfigurationError: If anything is wrong; the message names all problems.
    """
    config, problems = _load(files, _NO_OVERRIDES, check_files=check_files)
    if problems or config is None:
        raise configuration_error(problems)
    return config


def config_to_yaml(config: RunConfig) -> str:
    """Writes a configuration as YAML with every key, which reads back as the same configuration."""
    return write_yaml(config.model_dump(mode="json"))


def config_hash(config: RunConfig) -> str:
    """Returns the SHA-256 of the configuration as canonical JSON, in hexadecimal.

    Configurations with equal values have equal hashes, however they were put together.

    Raises:
        ValueError: If a number is not finite, which validation does not let through.
    """
    canonical = json.dumps(
        config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _load(files: Sequence[Path], overrides: Layer, *, check_files: bool) -> tuple[RunConfig | None, list[str]]:
    schema = config_schema()
    layers: list[Layer] = []
    problems: list[str] = []
    for file in files:
        try:
            layers.append(read_layer(file, option="--config", example="`problem: lung`", shipped=Path("configs")))
        except ConfigurationError as error:
            problems.append(str(error))
    if problems:
        # Without one of the files, every message about missing or contradicting settings could be wrong.
        return None, problems
    # Defaults lie below everything, so that setting one key of a section leaves its other keys as they are.
    layer = reduce(partial(lay, schema=schema), [*layers, overrides], Layer(values=schema.defaults(), origins={}))
    if check_files:
        problems += input_problems(layer)
    try:
        # JSON mode is strict without being petty: `3` is no text and `yes` no boolean, but a list may become a tuple.
        config = RunConfig.model_validate_json(json.dumps(layer.values), strict=True)
    except ValidationError as error:
        return None, describe_problems(error, layer=layer, schema=schema) + problems
    return config, [*problems, *candidate_problems(layer, schema=schema, check_files=check_files)]

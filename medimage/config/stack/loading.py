"""From a file to a validated definition of a stack, and back to text."""

import json
from pathlib import Path

from pydantic import ValidationError

from medimage.config.layer_file import read_layer
from medimage.config.layering import lay
from medimage.config.layers import Layer
from medimage.config.problems import describe_problems
from medimage.config.schema import ConfigSchema
from medimage.config.stack.stack import StackConfig
from medimage.errors import ConfigurationError


def load_stack(path: Path) -> StackConfig:
    """Reads the definition of a stack.

    Args:
        path: YAML file.

    Raises:
        ConfigurationError: If anything is wrong; the message names all problems.
    """
    layer = read_layer(path, option="--stack", example="`kind: kubernetes`", shipped=Path("configs/stacks"))
    schema = ConfigSchema(StackConfig.model_json_schema())
    # Sections that are off by default have no defaults to lay below them, so only what a file gives is validated.
    layer = lay(Layer(values={}, origins={}), layer, schema=schema)
    try:
        return StackConfig.model_validate_json(json.dumps(layer.values), strict=True)
    except ValidationError as error:
        problems = describe_problems(error, layer=layer, schema=schema)
        lines = problems[0] if len(problems) == 1 else "\n" + "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(f"The stack in {path} is wrong, so nothing was registered: {lines}") from error


def stack_to_json(stack: StackConfig) -> str:
    """Returns a definition as JSON, equal for equal ones; `null` says something where it is no default."""
    return json.dumps(stack.model_dump(mode="json"), sort_keys=True)


def stack_from_json(text: str) -> StackConfig:
    """Reads what `stack_to_json` gave.

    Raises:
        ValidationError: If it is that of another version.
    """
    return StackConfig.model_validate_json(text, strict=True)

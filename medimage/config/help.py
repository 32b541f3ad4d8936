"""The help text: every setting with its meaning, what it takes and its default."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from medimage.config.command_line import OPTIONS_WITH_VALUE, SWITCHES
from medimage.config.schema import ConfigSchema
from medimage.config.yaml_text import write_yaml

_WIDEST = 110
_NARROWEST = 40


def help_text(*, program: str, description: str, schema: ConfigSchema) -> str:
    """Writes the help of a command that runs a configuration.

    Args:
        program: How the command is called, such as `python -m pipelines.train_pipeline`.
        description: What it does.
        schema: The settings it takes.
    """
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    return "\n".join(_lines(program, description, schema, width)) + "\n"


def _lines(program: str, description: str, schema: ConfigSchema, width: int) -> Iterator[str]:
    yield f"usage: {program} --config FILE [--config FILE ...] [--KEY VALUE ...] [options]"
    yield ""
    yield from _wrap(description, width)
    yield ""
    yield "options:"
    yield from _entries({f"{name} FILE": text for name, text in OPTIONS_WITH_VALUE.items()}, width)
    yield from _entries(SWITCHES, width)
    yield ""
    yield from _wrap(
        "Settings stand in the files or on the command line, which wins. A value is written as in YAML: "
        "--data.classes '[covid, normal]', --model.weights null, --training.stage2.epochs 3.",
        width,
    )
    yield ""
    for setting in schema.settings():
        if setting.is_section:
            yield ""
            yield from _wrap(f"{setting.key}: {setting.description}", width)
            continue
        yield f"  --{setting.key} {_default(setting.default)}"
        yield from _wrap(f"{setting.description} Takes {setting.expected}.", width, indent=6)


def _entries(entries: Mapping[str, str], width: int) -> Iterator[str]:
    for name, text in entries.items():
        yield f"  {name}"
        yield from _wrap(text, width, indent=6)


def _default(value: Any) -> str:
    text = write_yaml([value]).removeprefix("- ").strip() if not isinstance(value, list | dict) else str(value)
    return f"(default: {text})"


def _wrap(text: str, width: int, *, indent: int = 0) -> list[str]:
    # Names of keys and options are copied from the help, so they are never broken.
    space = " " * indent
    return textwrap.wrap(
        text, width, initial_indent=space, subsequent_indent=space, break_on_hyphens=False, break_long_words=False
    )

"""The reference of the configuration: every section and key with its meaning, what it takes and its default."""

from collections.abc import Iterator
from typing import Any

from documentation.markdown_text import escaped
from medimage.config.schema import ConfigSchema, Setting
from medimage.config.yaml_text import write_yaml

_INTRODUCTION = """# Configuration

A run is described by one YAML file, or several that are laid on each other: `--config FILE --config FILE`. Every key
below can be set on the command line as well, which wins: `--training.stage2.epochs 3`. A value is written as in YAML.
Whatever is wrong, an unknown key too, is told before anything runs. `--print_config` shows what would run.

This page is written from the code that reads configurations.
"""


def configuration_page(schema: ConfigSchema) -> str:
    """Writes the page in Markdown.

    Args:
        schema: The settings that there are.
    """
    return "\n".join([_INTRODUCTION, *_sections(list(schema.settings()))]) + "\n"


def anchor(key: str) -> str:
    """Returns what the entry of a key is linked by on the page."""
    return key.replace(".", "-")


def _sections(settings: list[Setting]) -> Iterator[str]:
    # Keys of a section stand together, also those that the schema has after one of its inner sections.
    yield "## The run itself\n"
    yield from _entries(settings, section="")
    for section in settings:
        if section.is_section:
            depth = section.key.count(".")
            yield f"{'#' * min(depth + 2, 4)} {section.key} {{ #{anchor(section.key)} }}\n"
            yield f"{escaped(section.description)}\n"
            if section.default is None:
                yield "Not set when not given. The defaults below are those of a section that is given.\n"
            yield from _entries(settings, section=section.key)


def _entries(settings: list[Setting], *, section: str) -> Iterator[str]:
    for setting in settings:
        if not setting.is_section and setting.key.rpartition(".")[0] == section:
            yield f"`{setting.key}`{{ #{anchor(setting.key)} }}"
            expected = f"Takes {escaped(setting.expected)}."
            yield f":   {escaped(setting.description)} {expected} Default: {_code(setting.default)}\n"


def _code(default: Any) -> str:
    text = str(default) if isinstance(default, list | dict) else write_yaml([default]).removeprefix("- ").strip()
    return f"`{text}`"

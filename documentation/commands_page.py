"""The reference of the commands: each with its options and exit codes, as its own help has them."""

from collections.abc import Iterator

from documentation.command_help import CommandHelp, console_commands, pipeline_commands
from pipelines.schedule_arguments import schedule_help

_INTRODUCTION = """# Commands

In a checkout, programs stand in `.venv/bin`: `.venv/bin/medimage doctor`. [Exit codes](exit_codes.md) are the same for
all; what a command says of them in its help goes further.

This page is what every command prints for `--help`.
"""


def commands_page() -> str:
    """Writes the page in Markdown."""
    lines = [_INTRODUCTION, "## medimage\n"]
    for command in console_commands():
        lines += _entry(command)
    lines += ["## Pipelines\n"]
    for command in pipeline_commands():
        lines += _entry(command)
    lines += [
        "### Options of every pipeline that say when it runs { #schedule-options }\n",
        "They go with all pipelines; [schedules](../how-to/schedules.md) tells what they do.\n",
        *_block(schedule_help()),
    ]
    return "\n".join(lines) + "\n"


def _entry(command: CommandHelp, *, level: int = 3) -> Iterator[str]:
    yield f"{'#' * level} {command.name}\n"
    yield from _block(command.text)
    if command.takes_configuration:
        yield "Takes every key of the [configuration](configuration.md) too, as `--KEY VALUE`.\n"
    for action in command.actions:
        yield from _entry(action, level=level + 1)


def _block(text: str) -> list[str]:
    return ["``` { .text .help }", text.strip("\n"), "```\n"]

"""The help of every command, as it prints it."""

import importlib
import io
import os
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

import pipelines
from medimage.command_line import COMMANDS
from medimage.workspace import configure_environment

_COLUMNS = "100"
_ACTION = re.compile(r"^    ([a-z][a-z-]*)(?: {2,}|$)", re.MULTILINE)
"""How `argparse` lists the actions of a command, one below the other."""
_SETTINGS = "\nSettings stand in the files or on the command line"
"""What the help of a command that runs a configuration goes on with: all of the configuration's keys."""


@dataclass(frozen=True, kw_only=True)
class CommandHelp:
    """A command, or an action of one, and its help.

    Attributes:
        name: How it is called, such as `medimage registry promote`.
        text: What it prints for `--help`, without the keys of the configuration.
        takes_configuration: Whether it takes these keys as well.
        actions: Its actions, where it has any.
    """

    name: str
    text: str
    takes_configuration: bool
    actions: tuple["CommandHelp", ...] = ()


def console_commands() -> Iterator[CommandHelp]:
    """Yields the commands of `medimage`."""
    for name, (module, _) in COMMANDS.items():
        yield _command(f"medimage {name}", module)


def pipeline_commands() -> Iterator[CommandHelp]:
    """Yields what is run with `python -m pipelines.NAME`: the pipelines, and the registration of a stack."""
    names = [module.name for module in pkgutil.iter_modules(pipelines.__path__)]
    for name in [*(name for name in names if name.endswith("_pipeline")), "register_stack"]:
        yield _command(f"python -m pipelines.{name}", f"pipelines.{name}")


def help_of(module: str, *words: str) -> str:
    """Returns what a command prints for `--help`.

    Args:
        module: Module that holds its `main`.
        words: Action of the command, if it is one's help.
    """
    configure_environment()
    printed = io.StringIO()
    main = importlib.import_module(module).main
    with _command_line([module, *words, "--help"]), redirect_stdout(printed):
        try:
            main()
        except SystemExit as ended:
            if ended.code:
                raise
    return printed.getvalue()


def _command(name: str, module: str) -> CommandHelp:
    text, takes_configuration = _without_settings(help_of(module))
    actions = _ACTION.findall(text) if "\n  ACTION" in text else []
    return CommandHelp(
        name=name,
        text=text,
        takes_configuration=takes_configuration,
        actions=tuple(
            CommandHelp(name=f"{name} {action}", text=help_of(module, action), takes_configuration=False)
            for action in actions
        ),
    )


def _without_settings(text: str) -> tuple[str, bool]:
    own, found, _ = text.partition(_SETTINGS)
    return own, bool(found)


@contextmanager
def _command_line(words: Sequence[str]) -> Iterator[None]:
    before, columns = sys.argv, os.environ.get("COLUMNS")
    sys.argv = list(words)
    os.environ["COLUMNS"] = _COLUMNS
    try:
        yield
    finally:
        sys.argv = before
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns

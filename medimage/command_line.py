"""The `medimage` command."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from medimage import __version__
from medimage.exit_codes import call_and_exit

COMMANDS = {
    "audit": (
        "pipelines.audit",
        "look at every image of a configuration's data and say what is wrong, without training",
    ),
    "backup": (
        "pipelines.backup",
        "write the databases of this workspace, and all that cannot be made again, to one file",
    ),
    "clean": (
        "pipelines.clean",
        "list what runs left behind in this workspace that nothing refers to any more, and remove it",
    ),
    "dashboard": ("pipelines.dashboard", "start or stop the ZenML dashboard on this machine"),
    "doctor": (
        "pipelines.doctor",
        "look at versions, room, GPUs, credentials and servers of this machine, and say what to do",
    ),
    "evidence": (
        "medimage.evidence.command",
        "verify that the files of a run are those that its evidence names, or make keys to sign evidence with",
    ),
    "gpu": (
        "medimage.hardware.monitor",
        "show what processor, memory and GPUs are doing, and warn where that is worth a look",
    ),
    "learning-rate": ("pipelines.learning_rate", "suggest a learning rate for a configuration, by a sweep over all"),
    "predict": ("medimage.inference.command", "let a registered model classify images"),
    "registry": (
        "pipelines.registry",
        "list and show the registered models, promote one of their versions, or roll a promotion back",
    ),
    "restore": ("pipelines.restore", "put what a backup holds back into this workspace"),
    "schedule": (
        "pipelines.schedules",
        "list the schedules of this workspace and its cluster, show what became of one, pause, resume or delete it",
    ),
    "stats": ("pipelines.stats", "display, save or verify the mean and deviation of the training images"),
}
"""Module and help of each command. They run as modules of their own, because this library may not import ZenML."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `medimage` and ends the process with its exit code."""
    call_and_exit(lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> NoReturn:
    parser = argparse.ArgumentParser(
        prog="medimage", description="From a folder of medical images to a proven, registered, served classifier."
    )
    parser.add_argument("--version", action="version", version=f"medimage {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, described) in COMMANDS.items():
        commands.add_parser(name, help=described, add_help=False)
    chosen, rest = parser.parse_known_args(arguments)
    module = COMMANDS[chosen.command][0]
    # In place of this process, so that Ctrl-C and the like reach the command alone, and its end is the end.
    os.execv(sys.executable, [sys.executable, "-m", module, *rest])  # noqa: S606

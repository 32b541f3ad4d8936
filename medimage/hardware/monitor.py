"""What processor, memory and GPUs are doing, once or again and again; Ctrl-C ends it.

`medimage gpu [--interval SECONDS] [--once] [--save FILE]`
"""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from medimage.config.file_checks import named_path, output_problem
from medimage.errors import ConfigurationError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.hardware.display import plain_lines, tables
from medimage.hardware.reader import HardwareReader
from medimage.hardware.recording import Recording

DEFAULT_INTERVAL = 2.0
"""Seconds between two looks."""

_FIRST_LOOK_SECONDS = 0.5
"""The load of the processor is that of a span of time: this is the first one."""


@dataclass(frozen=True, kw_only=True)
class MonitorArguments:
    """What a person asked for.

    Attributes:
        interval: Seconds between two looks.
        once: Whether to end after the first.
        save: File for all of them, as a JSON list.
    """

    interval: float
    once: bool
    save: Path | None


def read_arguments(arguments: Sequence[str]) -> MonitorArguments:
    """Reads the command line.

    Args:
        arguments: Words after `medimage gpu`.

    Raises:
        ConfigurationError: If a value is wrong.
        SystemExit: After `--help`, or where an option is unknown.
    """
    parser = argparse.ArgumentParser(
        prog="medimage gpu",
        description="Shows what processor, memory and NVIDIA GPUs are doing, and warns above 80 °C, above 95 %% of "
        "memory, and where a GPU holds much memory and computes little. Works without a GPU too.",
    )
    parser.add_argument(
        "--interval", type=float, default=DEFAULT_INTERVAL, help="seconds between two looks (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--save", type=named_path, metavar="FILE", help="write every look to a JSON file too")
    chosen = parser.parse_args(arguments)
    if not math.isfinite(chosen.interval) or chosen.interval <= 0:
        raise ConfigurationError(f"--interval must be a number of seconds above 0 but is {chosen.interval}.")
    problem = None if chosen.save is None else output_problem(chosen.save, option="--save")
    if problem is not None:
        raise ConfigurationError(problem)
    return MonitorArguments(interval=chosen.interval, once=chosen.once, save=chosen.save)


def watch(arguments: MonitorArguments) -> None:
    """Shows the machine until it is interrupted, or once.

    Args:
        arguments: What was asked for.

    Raises:
        StorageError: If the file cannot be written.
    """
    console = Console()
    recording = None if arguments.save is None else Recording(arguments.save)
    reader = HardwareReader()
    reader.read(processes=True)
    live = Live(console=console, auto_refresh=False) if console.is_terminal and not arguments.once else None
    with live or nullcontext():
        pause = min(_FIRST_LOOK_SECONDS, arguments.interval)
        while True:
            time.sleep(pause)
            snapshot = reader.read(processes=True)
            if live is not None:
                live.update(tables(snapshot), refresh=True)
            elif console.is_terminal:
                console.print(tables(snapshot))
            else:
                sys.stdout.write("".join(f"{line}\n" for line in plain_lines(snapshot)) + "\n")
                sys.stdout.flush()
            if recording is not None:
                recording.add(snapshot)
            if arguments.once:
                return
            pause = arguments.interval


def main() -> int:
    """Reads the command line and watches; being interrupted is how this command ends."""
    arguments = read_arguments(sys.argv[1:])
    with suppress(KeyboardInterrupt):
        watch(arguments)
    return PASSED


if __name__ == "__main__":
    call_and_exit(main)

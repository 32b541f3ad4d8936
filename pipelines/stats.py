"""Mean and standard deviation of the training images, without training.

`medimage stats display|save|verify --config FILE`
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.file_checks import named_path, output_problem
from medimage.config.loading import parse_run_arguments
from medimage.config.run import RunConfig
from medimage.data.saved_normalization import SavedNormalization
from medimage.errors import ConfigurationError
from medimage.exit_codes import ERROR, PASSED, call_and_exit
from medimage.wording import counted
from medimage.workspace import require_writable_workspace
from medimage.workspace_use import workspace_in_use

MODES = ("display", "save", "verify")

_SETTING = "model.normalization_file"
_RELATIVE_TOLERANCE = 1e-12
"""Sums are exact; the last division and square root may differ between machines in their last bit."""


@dataclass(frozen=True, kw_only=True)
class StatsArguments:
    """What a person asked for.

    Attributes:
        mode: `display` prints, `save` writes as well, `verify` compares with what was written.
        config: The validated configuration.
        file: The file to write or to compare with; none to display.
    """

    mode: str
    config: RunConfig
    file: Path | None


def read_arguments(arguments: Sequence[str]) -> StatsArguments:
    """Reads the command line.

    Args:
        arguments: Words after `medimage stats`; the mode stands first or last.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help` and `--print_config`, or where `--out` or `--saved` lacks its value.
    """
    words = list(arguments)
    place = next((place for place in (0, -1) if words and words[place] in MODES), None)
    mode = words.pop(place) if place is not None else None
    own = argparse.ArgumentParser(prog="medimage stats", add_help=False, allow_abbrev=False)
    own.add_argument("--out", type=named_path)
    own.add_argument("--saved", type=named_path)
    chosen, rest = own.parse_known_args(words)
    run = parse_run_arguments(
        rest,
        program=f"medimage stats {'|'.join(MODES)} [--out FILE] [--saved FILE]",
        description="Measures the mean and standard deviation of the training images at the network's input size, "
        f"without training. display prints them, save writes them to --out, verify compares them with --saved; both "
        f"files are {_SETTING} when not given.",
    )
    if mode is None:
        raise ConfigurationError(f"medimage stats: say first or last what to do: {', '.join(MODES)}.")
    wrong = [
        f"--{option}: is for {wanted}, not for {mode}"
        for option, wanted in (("out", "save"), ("saved", "verify"))
        if getattr(chosen, option) is not None and mode != wanted
    ]
    if run.summary is not None:
        wrong.append("--summary: medimage stats writes none; save --out FILE writes what it measured")
    file = {"display": None, "save": chosen.out, "verify": chosen.saved}[mode]
    if mode != "display" and file is None:
        file = run.config.model.normalization_file
        if file is None:
            wrong.append(f"{mode}: name a file with --{'out' if mode == 'save' else 'saved'} FILE or {_SETTING}")
    if mode == "save" and file is not None:
        problem = output_problem(file, option=_SETTING if chosen.out is None else "--out")
        wrong += [] if problem is None else [problem]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return StatsArguments(mode=mode, config=run.config, file=file)


def describe(statistics: SavedNormalization) -> str:
    """Returns the statistics in words, one line each."""
    size = statistics.input_size
    lines = (
        ("training images", f"{statistics.images:,}"),
        (
            "input size",
            f"{size} x {size} pixels, {counted(len(statistics.mean), 'channel')}",
        ),
        ("mean", _numbers(statistics.mean)),
        ("standard deviation", _numbers(statistics.std)),
        ("data hash", statistics.data_hash),
    )
    return "".join(f"{name:20}{value}\n" for name, value in lines)


def differences(measured: SavedNormalization, saved: SavedNormalization) -> list[str]:
    """Returns a sentence with both values for everything that differs between two measurements."""
    told = []
    for name in ("data_hash", "images", "input_size", "preprocessing", "mean", "std"):
        ours, theirs = getattr(measured, name), getattr(saved, name)
        if name in ("mean", "std"):
            equal = len(ours) == len(theirs) and all(
                math.isclose(a, b, rel_tol=_RELATIVE_TOLERANCE) for a, b in zip(ours, theirs, strict=True)
            )
            ours, theirs = (", ".join(map(repr, values)) for values in (ours, theirs))
        else:
            equal = ours == theirs
        if not equal:
            told.append(f"{name}: measured {ours}, saved {theirs}")
    return told


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.6f}" for value in values)


def main() -> int:
    """Reads the command line, measures, and returns 0, or 1 where `verify` finds a difference.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong.
        DataError: If the images, or the file of saved statistics, cannot be read or trusted.
        StorageError: If the workspace or the file cannot be written.
    """
    arguments = read_arguments(sys.argv[1:])
    saved = SavedNormalization.read(arguments.file) if arguments.mode == "verify" and arguments.file else None
    require_writable_workspace()
    # Imported here because pandas and the audit take a second to import: a wrong command is told at once.
    from pipelines.training_statistics import measure_training_images  # noqa: PLC0415

    with workspace_in_use():
        measured = measure_training_images(arguments.config)
    written = arguments.file if arguments.mode == "save" else None
    if written is not None:
        # Before anything is said: a full standard output must not keep it from being written.
        measured.write(written)
    sys.stdout.write(describe(measured))
    if written is not None:
        sys.stdout.write(f"Written to {written.absolute()}\n")
    if saved is None:
        return PASSED
    told = differences(measured, saved)
    sys.stdout.write("".join(f"different  {line}\n" for line in told) or f"equal to {arguments.file}\n")
    return ERROR if told else PASSED


if __name__ == "__main__":
    call_and_exit(main)

"""A sweep over learning rates, to choose one before training.

`medimage learning-rate --config FILE --out DIR`
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.file_checks import named_path
from medimage.config.loading import parse_run_arguments
from medimage.config.run import RunConfig
from medimage.config.training import StageNumber
from medimage.errors import ConfigurationError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.workspace import require_writable_workspace
from medimage.workspace_use import workspace_in_use
from pipelines.output_folder import make_output_folder

PLOT_FILE = "learning_rate.png"
TABLE_FILE = "learning_rate.csv"


@dataclass(frozen=True, kw_only=True)
class LearningRateArguments:
    """What a person asked for.

    Attributes:
        config: The validated configuration.
        folder: Where the files go; it is there and can be written to.
        stage: The stage whose learning rate is looked for.
    """

    config: RunConfig
    folder: Path
    stage: StageNumber


def read_arguments(arguments: Sequence[str]) -> LearningRateArguments:
    """Reads the command line, and makes the folder that it names.

    Args:
        arguments: Words after `medimage learning-rate`.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help` and `--print_config`, or where `--out` or `--stage` lacks its value.
    """
    own = argparse.ArgumentParser(prog="medimage learning-rate", add_help=False, allow_abbrev=False)
    own.add_argument("--out", type=named_path)
    own.add_argument("--stage")
    chosen, rest = own.parse_known_args(arguments)
    run = parse_run_arguments(
        rest,
        program="medimage learning-rate --out DIR [--stage 1|2]",
        description="Trains the network of the configuration for a hundred steps, from its first weights, with a "
        "learning rate that grows until the loss diverges, and keeps nothing of it. Prints the settings to use, and "
        f"writes a plot ({PLOT_FILE}) and the losses ({TABLE_FILE}) into DIR. --stage chooses the stage of the recipe; "
        "the last one that trains when not given.",
    )
    wrong = []
    if run.summary is not None:
        wrong.append(f"--summary: medimage learning-rate writes none; {TABLE_FILE} in --out DIR holds what it measured")
    trained: dict[str, StageNumber] = {str(number): number for number in run.config.training.trained_stages}
    if chosen.stage is not None and chosen.stage not in trained:
        wrong.append(
            f"--stage: expected a stage that the recipe trains, {' or '.join(trained)}, but got {chosen.stage}"
        )
    folder: Path | None = chosen.out
    if folder is None:
        wrong.append("--out: name the folder to write to, as --out DIR")
    else:
        wrong += make_output_folder(folder, files=(PLOT_FILE, TABLE_FILE), data=run.config.data.path)
    if wrong or folder is None:
        raise ConfigurationError("\n".join(wrong))
    stage = trained[chosen.stage] if chosen.stage is not None else run.config.training.trained_stages[-1]
    return LearningRateArguments(config=run.config, folder=folder, stage=stage)


def main() -> int:
    """Reads the command line, sweeps, writes plot and table, prints what to set, and returns 0.

    Raises:
        MedimageError: If the data cannot be read, trusted or divided, or no learning rate can be suggested.
    """
    arguments = read_arguments(sys.argv[1:])
    for name in (PLOT_FILE, TABLE_FILE):
        # What an earlier sweep wrote must not be taken for the outcome of this one, however it ends.
        (arguments.folder / name).unlink(missing_ok=True)
    require_writable_workspace()
    # Imported here because PyTorch takes seconds to import: a wrong command is told at once.
    from pipelines.learning_rate_outcome import sweep_configuration  # noqa: PLC0415

    with workspace_in_use():
        outcome = sweep_configuration(arguments.config, stage=arguments.stage)
    outcome.write_table(arguments.folder / TABLE_FILE)
    outcome.write_plot(arguments.folder / PLOT_FILE)
    sys.stdout.write(outcome.describe())
    sys.stdout.write(f"Plot: {(arguments.folder / PLOT_FILE).absolute()}\n")
    return PASSED


if __name__ == "__main__":
    call_and_exit(main)

"""The audit of the data alone, without training.

`medimage audit --config FILE --out DIR`
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.file_checks import named_path
from medimage.config.loading import parse_run_arguments
from medimage.config.run import RunConfig
from medimage.errors import ConfigurationError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.workspace import require_writable_workspace
from medimage.workspace_use import workspace_in_use
from pipelines.output_folder import make_output_folder

IMAGES_FILE = "images.csv"
AUDIT_FILE = "audit.json"
DATA_DOCS_FILE = "data_docs.html"
_FILES = (IMAGES_FILE, AUDIT_FILE, DATA_DOCS_FILE)


@dataclass(frozen=True, kw_only=True)
class AuditArguments:
    """What a person asked for.

    Attributes:
        config: The validated configuration.
        folder: Where the files go; it is there and can be written to.
    """

    config: RunConfig
    folder: Path


def read_arguments(arguments: Sequence[str]) -> AuditArguments:
    """Reads the command line, and makes the folder that it names.

    Args:
        arguments: Words after `medimage audit`.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help` and `--print_config`, or where `--out` lacks its value.
    """
    own = argparse.ArgumentParser(prog="medimage audit", add_help=False, allow_abbrev=False)
    own.add_argument("--out", type=named_path)
    chosen, rest = own.parse_known_args(arguments)
    run = parse_run_arguments(
        rest,
        program="medimage audit --out DIR",
        description="Looks at every image and divides them as a run would, without training. Writes into DIR one row "
        f"per file found ({IMAGES_FILE}), what was found ({AUDIT_FILE}), and the Data Docs of Great Expectations "
        f"({DATA_DOCS_FILE}). Shortcuts and leakage are probed by a run. Exit code 0: the data can be trusted; 1: they "
        "cannot; 2: the command or the configuration is wrong.",
    )
    wrong = []
    if run.summary is not None:
        wrong.append(f"--summary: medimage audit writes none; {AUDIT_FILE} in --out DIR holds what it found")
    folder: Path | None = chosen.out
    if folder is None:
        wrong.append("--out: name the folder to write to, as --out DIR")
    else:
        wrong += make_output_folder(folder, files=_FILES, data=run.config.data.path)
    if wrong or folder is None:
        raise ConfigurationError("\n".join(wrong))
    return AuditArguments(config=run.config, folder=folder)


def main() -> int:
    """Reads the command line, audits, writes what was found, and returns 0.

    Raises:
        MedimageError: If the data cannot be read, trusted or divided; in the last two cases after writing.
    """
    arguments = read_arguments(sys.argv[1:])
    for name in _FILES:
        # What an earlier audit wrote must not be taken for the outcome of this one, however it ends.
        (arguments.folder / name).unlink(missing_ok=True)
    require_writable_workspace()
    # Imported here because pandas and what reads images take seconds to import: a wrong command is told at once.
    from pipelines.audit_outcome import audit_outcome  # noqa: PLC0415

    with workspace_in_use():
        outcome = audit_outcome(arguments.config)
    outcome.write(
        images=arguments.folder / IMAGES_FILE,
        audit=arguments.folder / AUDIT_FILE,
        data_docs=arguments.folder / DATA_DOCS_FILE,
    )
    outcome.tell(arguments.folder)
    if outcome.problem is not None:
        raise outcome.problem
    return PASSED


if __name__ == "__main__":
    call_and_exit(main)

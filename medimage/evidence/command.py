"""Keys for signing the evidence of runs, and whether the files of a run are those that its evidence names.

`medimage evidence verify FOLDER` and `medimage evidence keygen --out FILE`
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from medimage.config.file_checks import named_path, output_problem
from medimage.errors import ConfigurationError
from medimage.evidence.check import Result
from medimage.evidence.keys import KEY_VARIABLE, fingerprint, make_key_pair, read_public_key
from medimage.evidence.manifest import Evidence
from medimage.evidence.verification import Verification, verify
from medimage.exit_codes import ERROR, PASSED, call_and_exit
from medimage.printable import printable
from medimage.wording import counted

_STYLES = {Result.SAME: "green", Result.NOT_CHECKED: "yellow"}
_WIDTH_IN_FILES = 120


@dataclass(frozen=True, kw_only=True)
class EvidenceArguments:
    """What a person asked for.

    Attributes:
        action: `verify` or `keygen`.
        path: The run's folder or its evidence, or the file for the private key.
        public_key: File of the key that must have signed the evidence.
        data: Folder with the images of the run.
        code: Folder with the packages of the code.
    """

    action: str
    path: Path
    public_key: Path | None = None
    data: Path | None = None
    code: Path | None = None


def read_arguments(arguments: Sequence[str]) -> EvidenceArguments:
    """Reads the command line.

    Args:
        arguments: Words after `medimage evidence`.

    Raises:
        ConfigurationError: If a file or folder that is named is not there.
        SystemExit: After `--help`, or where an option is unknown.
    """
    parser = argparse.ArgumentParser(
        prog="medimage evidence",
        description="Verifies that the files of a run are those that its evidence.json names, or makes keys to sign "
        "evidence with. Ends with 0 where nothing differs, with 1 where something does.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    verifying = actions.add_parser("verify", help="work out every hash anew and say what differs")
    verifying.add_argument("path", type=named_path, metavar="FOLDER", help="a run's folder, or the evidence.json in it")
    verifying.add_argument(
        "--public-key", type=named_path, metavar="FILE", help="the key that must have signed the evidence"
    )
    verifying.add_argument(
        "--data", type=named_path, metavar="FOLDER", help="look for every image of the run in this folder, by its hash"
    )
    verifying.add_argument(
        "--code", type=named_path, metavar="FOLDER", help="compare with the code here: the folder that holds medimage"
    )
    making = actions.add_parser("keygen", help="make a private key, and the public key that belongs to it")
    making.add_argument(
        "--out", type=named_path, metavar="FILE", required=True, help="file for the private key, such as signing.pem"
    )
    chosen = parser.parse_args(arguments)
    if chosen.action == "keygen":
        problem = output_problem(chosen.out, option="--out")
        if problem is not None:
            raise ConfigurationError(problem)
        return EvidenceArguments(action="keygen", path=chosen.out)
    if not os.path.lexists(chosen.path):
        raise ConfigurationError(f"medimage evidence verify: there is no file or folder {chosen.path.absolute()}")
    for option, folder in (("--data", chosen.data), ("--code", chosen.code)):
        if folder is not None and not folder.is_dir():
            raise ConfigurationError(f"{option}: expected a folder but {folder.absolute()} is none")
    return EvidenceArguments(
        action="verify", path=chosen.path, public_key=chosen.public_key, data=chosen.data, code=chosen.code
    )


def run(arguments: EvidenceArguments) -> int:
    """Verifies, or makes keys.

    Args:
        arguments: What was asked for.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: If the public key is none.
        EvidenceError: If the evidence itself is missing or was changed.
        StorageError: If a key cannot be written.
    """
    if arguments.action == "keygen":
        return _make_keys(arguments.path)
    public_key = None if arguments.public_key is None else read_public_key(arguments.public_key)
    verification = verify(arguments.path, public_key=public_key, images=arguments.data, code=arguments.code)
    _tell(verification)
    return ERROR if verification.wrong else PASSED


def main() -> int:
    """Reads the command line, does what it asks for, and returns the exit code."""
    return run(read_arguments(sys.argv[1:]))


def _make_keys(file: Path) -> int:
    public = make_key_pair(file)
    sys.stdout.write(
        f"Private key: {file.absolute()} (only you may read it; it has no password: keep it out of configurations, "
        f"images and repositories)\n"
        f"Public key: {public.absolute()}, fingerprint {fingerprint(read_public_key(public))}: give it to those who "
        "verify\n"
        f"Runs sign with it where {KEY_VARIABLE} or evidence.signing_key names the private key.\n"
    )
    return PASSED


def _tell(verification: Verification) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_IN_FILES)
    evidence = verification.evidence
    table = Table(title=Text(printable(f"Evidence of {evidence.circumstances.get('run_name')}: {_verdicts(evidence)}")))
    table.add_column("What", overflow="fold")
    table.add_column("Role")
    table.add_column("Result", no_wrap=True)
    table.add_column("Detail", overflow="fold")
    # What is wrong stands last, where a person looks first.
    for check in sorted(verification.checks, key=lambda check: (check.is_wrong, check.result is Result.NOT_CHECKED)):
        table.add_row(
            Text(printable(check.what)),
            Text(printable(check.role)),
            Text(check.result.value, style=_STYLES.get(check.result, "bold red")),
            Text(printable(check.detail)),
        )
    console.print(table)
    wrong, unchecked = len(verification.wrong), len(verification.unchecked)
    same = len(verification.checks) - wrong - unchecked
    said = f"{counted(same, 'check')} passed, {wrong} failed, {unchecked} could not be made here."
    ending = " This is not what the run left." if wrong else ""
    console.print(f"{said}{ending}", soft_wrap=True, highlight=False, markup=False)


def _verdicts(evidence: Evidence) -> str:
    """Returns the verdict, or that on each of several models."""
    of_each = {name.removeprefix("verdict_of_"): value for name, value in evidence.claims.items() if _is_verdict(name)}
    if "verdict" in of_each:
        return str(of_each["verdict"])
    return ", ".join(f"{name} {value}" for name, value in of_each.items()) or "no verdict"


def _is_verdict(claim: str) -> bool:
    return claim == "verdict" or claim.startswith("verdict_of_")


if __name__ == "__main__":
    call_and_exit(main)

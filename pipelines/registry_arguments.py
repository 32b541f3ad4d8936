"""What a person asks of the model registry."""

import argparse
import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.file_checks import named_path, output_problem
from medimage.errors import ConfigurationError
from medimage.registry.champion_change import Author


@dataclass(frozen=True, kw_only=True)
class RegistryArguments:
    """What a person asked for.

    Attributes:
        action: `list`, `show`, `promote` or `rollback`.
        called: The model or version, as they call it; None to list all.
        author: Who asks for a change, and why.
        summary: File for the answer, as JSON.
    """

    action: str
    called: str | None
    author: Author
    summary: Path | None


def read_arguments(arguments: Sequence[str]) -> RegistryArguments:
    """Reads the command line.

    Args:
        arguments: Words after `medimage registry`.

    Raises:
        ConfigurationError: If `--force` comes without a reason or a name, or a file cannot be written.
        SystemExit: After `--help`, or where an option is unknown.
    """
    chosen = _parser().parse_args(arguments)
    force = getattr(chosen, "force", False)
    # Who overrules a refusal says so by name: an account may be shared.
    by = getattr(chosen, "by", None) or ("" if force else _account())
    author = Author(by=by, reason=getattr(chosen, "reason", ""), force=force)
    problem = None if chosen.summary is None else output_problem(chosen.summary, option="--summary")
    if problem is not None:
        raise ConfigurationError(problem)
    return RegistryArguments(action=chosen.action, called=chosen.called, author=author, summary=chosen.summary)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="medimage registry",
        description="Shows the registered models, and says which version is in use: the champion. MLFLOW_TRACKING_URI "
        "names the registry; without it, it is the one in the workspace. Ends with 0 where all went well, with 3 where "
        "a promotion is refused because the gate was not passed, with 1 for other refusals and errors.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the registered models with their versions")
    listing.add_argument("called", nargs="?", metavar="NAME", help="only this model")
    showing = actions.add_parser("show", help="show all that is known of a version")
    showing.add_argument(
        "called", metavar="NAME[@ALIAS|/VERSION]", help="the version; of a name alone, the champion, or the newest"
    )
    promoting = actions.add_parser(
        "promote",
        help="make a version the champion",
        description="Makes a version the champion; the champion before it becomes the previous one. Refused where the "
        "version did not pass the gate, or was not compared with the present champion although that was required.",
    )
    promoting.add_argument("called", metavar="NAME@challenger|NAME/VERSION", help="the version")
    promoting.add_argument("--force", action="store_true", help="overrule a refusal; needs --reason and --by")
    rolling = actions.add_parser(
        "rollback",
        help="bring the previous champion back",
        description="Makes the previous champion the champion again. A second rollback goes one version further back.",
    )
    rolling.add_argument("called", metavar="NAME", help="the model")
    for changing in (promoting, rolling):
        changing.add_argument("--reason", default="", metavar="TEXT", help="why; kept with the change")
        changing.add_argument("--by", metavar="NAME", help="who decides it; the account's name when not given")
    for action in (listing, showing, promoting, rolling):
        action.add_argument("--summary", type=named_path, metavar="FILE", help="write the answer to a JSON file too")
    return parser


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # In a container, the account may have a number only.
        return f"account {os.getuid()}"

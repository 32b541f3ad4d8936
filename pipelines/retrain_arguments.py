"""The command line of the retraining pipeline: a configuration, where to look, and who asks for it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medimage.config.file_checks import named_path
from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.config.problems import configuration_error
from medimage.config.purpose import retraining_problems
from medimage.config.summary_file import remove_summary
from medimage.errors import ConfigurationError
from medimage.monitoring.monitoring_request import MonitoringRequest
from medimage.registry.champion_change import Author

_FOLDERS = ("log", "feedback", "reference_images")


@dataclass(frozen=True, kw_only=True)
class RetrainArguments:
    """What a person asked for.

    Attributes:
        run: The configuration, and where the summary goes.
        model: What the champion is called; None for that of the configuration.
        monitoring: Where the log of the service is; None without.
        new_data: Folder or archive of new labelled images; None without.
        force: Who asks for it whatever the reasons say; None where nobody does.
        wait: Whether to wait for another retraining of the same model instead of stepping aside.
        history: Whether to show what was decided before, and do nothing else.
    """

    run: RunArguments
    model: str | None
    monitoring: MonitoringRequest | None
    new_data: Path | None
    force: Author | None
    wait: bool
    history: bool


def read_retrain_arguments(arguments: Sequence[str]) -> RetrainArguments:
    """Reads the command line.

    Args:
        arguments: Words after the program's name.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help` and `--print_config`.
    """
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    run = parse_run_arguments(rest, program=_usage(parser), description=_description(parser))
    try:
        problems = [
            *_path_problems(chosen),
            *([] if chosen.history else retraining_problems(run.config)),
        ]
        if problems:
            raise configuration_error(problems)
        force = None
        if chosen.force or chosen.by or chosen.reason:
            force = _author(chosen)
        return RetrainArguments(
            run=run,
            model=chosen.model,
            monitoring=_monitoring(chosen),
            new_data=None if chosen.new_data is None else chosen.new_data.absolute(),
            force=force,
            wait=chosen.wait,
            history=chosen.history,
        )
    except ConfigurationError:
        if run.summary is not None:
            remove_summary(run.summary)
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.retrain_pipeline", allow_abbrev=False, add_help=False, usage=argparse.SUPPRESS
    )
    parser.add_argument("--model", metavar="NAME@champion", help="the champion; that of the configuration without it")
    parser.add_argument("--log", type=named_path, metavar="FOLDER", help="the service's prediction log, for drift")
    parser.add_argument(
        "--feedback", type=named_path, metavar="FOLDER", help="the service's feedback log, for performance"
    )
    parser.add_argument("--last-days", type=float, metavar="DAYS", help="rows of the log of the last so many days")
    parser.add_argument(
        "--reference-images",
        type=named_path,
        metavar="FOLDER",
        help="held-out images to compare with, for a champion that was registered without a reference",
    )
    parser.add_argument(
        "--new-data", type=named_path, metavar="FOLDER", help="labelled images laid out as the data, or an archive"
    )
    parser.add_argument("--force", action="store_true", help="train again whatever the reasons say")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; with --force")
    parser.add_argument("--by", default="", metavar="NAME", help="who asks for it; with --force")
    parser.add_argument("--wait", action="store_true", help="wait for another retraining of the model")
    parser.add_argument("--history", action="store_true", help="show what was decided before, and do nothing else")
    return parser


def _usage(parser: argparse.ArgumentParser) -> str:
    return f"{parser.prog} [--model NAME@champion] [--log FOLDER] [--new-data FOLDER] [--force --reason TEXT --by NAME]"


def _description(parser: argparse.ArgumentParser) -> str:
    options = "; ".join(
        f"{' '.join([action.option_strings[0], *([str(action.metavar)] if action.metavar else [])])}: {action.help}"
        for action in parser._actions
    )
    return (
        "Trains the champion of a configuration again where there is reason to: drift, feedback, new labelled images "
        "or its age, by the thresholds under retraining. New images are merged around the locked test set; a new model "
        "is held against the champion on it, registered as the challenger, and promoted where it is shown better. "
        "Exit code 0: nothing was due, or all went as configured; 3: it was due and the champion stays; 5: another "
        f"retraining of the model is under way; 2: the command is wrong; 1: an error. Beside the settings: {options}."
    )


def _path_problems(chosen: argparse.Namespace) -> list[str]:
    problems = [
        f"--{name.replace('_', '-')}: expected a folder but {path.absolute()} "
        f"{'is none' if path.exists() else 'is not there'}"
        for name in _FOLDERS
        if (path := getattr(chosen, name)) is not None and not path.is_dir()
    ]
    if chosen.new_data is not None and not chosen.new_data.exists():
        problems.append(f"--new-data: expected a folder or an archive but {chosen.new_data.absolute()} is not there")
    needs_log = [name for name in ("feedback", "last_days", "reference_images") if getattr(chosen, name) is not None]
    if chosen.log is None:
        problems += [f"--{name.replace('_', '-')}: goes with --log FOLDER, the service's log" for name in needs_log]
    if chosen.last_days is not None and not 0 < chosen.last_days < float("inf"):
        problems.append(f"--last-days: expected more than 0 but got {chosen.last_days:g}")
    return problems


def _author(chosen: argparse.Namespace) -> Author:
    if not chosen.force:
        raise ConfigurationError("--reason and --by say why and who asks for it whatever the reasons say: with --force")
    if not (chosen.by.strip() and chosen.reason.strip()):
        raise ConfigurationError(
            "--force needs --reason TEXT and --by NAME: who asks for a retraining that is not due, and why, is kept in "
            "the history."
        )
    return Author(by=chosen.by, reason=chosen.reason, force=True)


def _monitoring(chosen: argparse.Namespace) -> MonitoringRequest | None:
    if chosen.log is None:
        return None
    paths = {name: None if (path := getattr(chosen, name)) is None else str(path.absolute()) for name in _FOLDERS}
    try:
        since = None if chosen.last_days is None else datetime.now(UTC) - timedelta(days=chosen.last_days)
    except OverflowError as error:
        raise ConfigurationError(
            f"--last-days: expected days that a calendar has but got {chosen.last_days:g}"
        ) from error
    return MonitoringRequest(
        source="log",
        folder=paths["log"] or "",
        feedback=paths["feedback"],
        reference_images=paths["reference_images"],
        since=since,
    )

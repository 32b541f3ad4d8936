"""The command line of the monitoring pipeline: a model, where its answers are logged, and which of them count."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medimage.config.file_checks import named_path, output_problem
from medimage.config.summary_file import remove_summary
from medimage.errors import ConfigurationError
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.monitoring_request import MonitoringRequest

_SETTINGS = ("level", "smallest_distance", "smallest_share", "fewest_rows", "images_per_case")


@dataclass(frozen=True, kw_only=True)
class MonitorArguments:
    """What a person asked for.

    Attributes:
        model: What the model is called; None for the only champion.
        request: What is looked at, and what counts.
        summary: File for the summary; None where none is wanted.
        report: File for the page; None where none is wanted.
        evidently: File for Evidently's page; None where none is wanted.
    """

    model: str | None
    request: MonitoringRequest
    summary: Path | None
    report: Path | None
    evidently: Path | None


def read_monitor_arguments(arguments: Sequence[str]) -> MonitorArguments:
    """Reads the command line, and removes the summary of an earlier run.

    Args:
        arguments: Words after the program's name.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help`, or where an option is unknown or missing.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.summary is not None:
        remove_summary(chosen.summary)
    folders = {name: getattr(chosen, name) for name in ("log", "images", "feedback", "reference_images")}
    problems = [
        f"--{name.replace('_', '-')}: expected a folder but {path.absolute()} "
        f"{'is none' if path.exists() else 'is not there'}"
        for name, path in folders.items()
        if path is not None and not path.is_dir()
    ]
    problems += [
        problem
        for option, path in (
            ("--summary", chosen.summary),
            ("--report", chosen.report),
            ("--evidently", chosen.evidently),
        )
        if path is not None and (problem := output_problem(path, option=option)) is not None
    ]
    if chosen.labels is not None:
        if not chosen.labels.is_file():
            problems.append(f"--labels: expected a table but there is no file {chosen.labels.absolute()}")
        if chosen.images is None:
            problems.append("--labels: a table names files of --images; what people say of a log is --feedback")
    windowed = [name for name in ("since", "until", "last_days", "last_rows") if getattr(chosen, name) is not None]
    if chosen.images is not None and (windowed or chosen.feedback is not None):
        problems.append("--images: a folder of images has no times and no feedback; both belong to --log")
    if chosen.since is not None and chosen.last_days is not None:
        problems.append("--last-days: expected either this or --since, not both")
    settings = {name: value for name in _SETTINGS if (value := getattr(chosen, name)) is not None}
    paths = {name: None if path is None else str(path.absolute()) for name, path in folders.items()}
    try:
        DriftSettings(**settings)
        request = MonitoringRequest(
            source="log" if paths["images"] is None else "images",
            folder=paths["images"] or paths["log"] or "",
            feedback=paths["feedback"],
            labels=None if chosen.labels is None else str(chosen.labels.absolute()),
            reference_images=paths["reference_images"],
            since=_since(chosen),
            until=chosen.until,
            last_rows=chosen.last_rows,
            settings=settings,
        )
        _ = request.choice
    except ValueError as error:
        raise ConfigurationError("\n".join([*problems, str(error)])) from error
    if problems:
        raise ConfigurationError("\n".join(problems))
    return MonitorArguments(
        model=chosen.model,
        request=request,
        summary=chosen.summary,
        report=chosen.report,
        evidently=chosen.evidently,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.monitor_pipeline",
        allow_abbrev=False,
        description="Compares what a registered model says now with what it said of the images that it was judged on, "
        "tells what kind of change there is, and keeps a history. Exit code 0: as before; 3: images, answers or the "
        "rate of right answers have changed; 4: too few images to tell; 2: the command is wrong; 1: an error.",
    )
    parser.add_argument(
        "--model", metavar="NAME@ALIAS", help="or NAME/VERSION; the champion, where one model has one, when not given"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--log", type=named_path, metavar="FOLDER", help="folder of the service's prediction log")
    source.add_argument("--images", type=named_path, metavar="FOLDER", help="folder of images, where there is no log")
    parser.add_argument("--feedback", type=named_path, metavar="FOLDER", help="folder of the service's feedback log")
    parser.add_argument(
        "--labels",
        type=named_path,
        metavar="FILE",
        help="table with the columns file and label: the true classes of some or all of --images",
    )
    parser.add_argument(
        "--reference-images",
        type=named_path,
        metavar="FOLDER",
        help="held-out images to compare with, for a model that was registered without a reference",
    )
    parser.add_argument("--since", type=_time, metavar="TIME", help="rows from this time on, such as 2026-03-01T08:00")
    parser.add_argument("--until", type=_time, metavar="TIME", help="rows before this time")
    parser.add_argument("--last-days", type=float, metavar="DAYS", help="rows of the last so many days")
    parser.add_argument("--last-rows", type=int, metavar="ROWS", help="the latest so many rows")
    default = DriftSettings()
    told = (
        ("--level", float, f"chance of a false alarm among all columns together; {default.level:g}"),
        ("--smallest-distance", float, f"smallest distance of numbers that matters; {default.smallest_distance:g}"),
        ("--smallest-share", float, f"smallest difference of a share that matters; {default.smallest_share:g}"),
        ("--fewest-rows", int, f"with fewer images there is no verdict; {default.fewest_rows}"),
        ("--images-per-case", float, "images that a patient has on average; as many as in the reference"),
    )
    for option, kind, meaning in told:
        parser.add_argument(option, type=kind, metavar="NUMBER", help=f"{meaning} when not given")
    parser.add_argument("--summary", type=named_path, metavar="FILE", help="write the outcome as JSON")
    parser.add_argument("--report", type=named_path, metavar="FILE", help="write the outcome as a page, HTML")
    parser.add_argument("--evidently", type=named_path, metavar="FILE", help="write Evidently's page, HTML")
    return parser


def _time(text: str) -> datetime:
    """Reads a time; one without a zone is in UTC, as the log's are."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.utcoffset() is None else time


def _since(chosen: argparse.Namespace) -> datetime | None:
    if chosen.last_days is None:
        return chosen.since
    if not chosen.last_days > 0:
        raise ValueError(f"--last-days: expected more than 0 but got {chosen.last_days}")
    try:
        return datetime.now(UTC) - timedelta(days=chosen.last_days)
    except OverflowError as error:
        raise ValueError(f"--last-days: expected days that a calendar has but got {chosen.last_days:g}") from error

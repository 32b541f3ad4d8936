"""One run that systemd or cron starts: nobody looks on, so what keeps it from beginning is told as an alert."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from medimage.errors import MedimageError, StorageError
from medimage.exit_codes import ERROR
from medimage.printable import printable
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.alerts.send_alert import send_alert
from medimage.scheduling.alerts.severity import Severity
from medimage.scheduling.child_command import ChildCommand
from medimage.scheduling.keeper import Keeper, utc_now
from medimage.scheduling.kept_alerts import alerts_file
from medimage.scheduling.kept_environment import read_environment
from medimage.scheduling.schedule import require_name
from medimage.scheduling.stored_schedules import find_schedule, folder_of
from medimage.workspace import require_whole_workspace, workspace

logger = logging.getLogger(__name__)


def run_installed(name: str, *, say: Callable[[str], None]) -> int | None:
    """Runs a schedule that systemd or cron starts, if it is due, in the environment that was kept with it.

    Args:
        name: What it is called.
        say: Prints a line.

    Returns:
        The exit code of its command; None where nothing was run.

    Raises:
        ConfigurationError: If there is no such schedule.
        StorageError: If the workspace was restored in parts only; if the environment cannot be read, or others may
            read it.
    """
    try:
        return _run(name, say=say)
    except Exception as error:
        _tell(name, error)
        raise


def _run(name: str, *, say: Callable[[str], None]) -> int | None:
    require_whole_workspace()
    schedule = find_schedule(name)
    # One that was made before it was written for its owner alone.
    folder_of(name).description.chmod(0o600)
    # For this process as well: alerts may need its proxies and certificates.
    os.environ.update(read_environment(folder_of(name).environment))
    alerts = AlertSettings.from_environment(os.environ)
    command = ChildCommand(schedule.program(), folder=Path(schedule.folder))
    keeper = Keeper(schedule, command=command, alert=partial(send_alert, settings=alerts), say=say)
    try:
        return keeper.look()
    except KeyboardInterrupt:
        command.end()
        raise


def _tell(name: str, error: Exception) -> None:
    """Tells why a run could not begin, by what can still be read of who is to be told."""
    try:
        require_name(name)
    except ValueError:
        # Nothing is called so, and no timer has such a name.
        return
    settings = _settings(name)
    now = utc_now()
    reason = printable(str(error)) or type(error).__name__
    alert = Alert(
        severity=Severity.ERROR,
        schedule=name,
        title=f"{name} could not be run",
        command=f"medimage schedule run {name}",
        scheduled=now,
        time=now,
        exit_code=error.exit_code if isinstance(error, MedimageError) else ERROR,
        advice=f"{reason.rstrip('.')}. Workspace: {workspace()}. The next run is tried as planned.",
    )
    send_alert(alert, settings)


def _settings(name: str) -> AlertSettings:
    for place in (lambda: folder_of(name).environment, lambda: alerts_file(name)):
        try:
            kept = read_environment(place())
        except StorageError as error:
            logger.debug("%s", error)
            continue
        found = _read(kept)
        if found is not None:
            os.environ.update(kept)
            return found
    return _read(os.environ) or AlertSettings.from_environment({})


def _read(environment: Mapping[str, str]) -> AlertSettings | None:
    try:
        return AlertSettings.from_environment(environment)
    except MedimageError as error:
        logger.warning("%s", error)
        return None

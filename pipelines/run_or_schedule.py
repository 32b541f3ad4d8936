"""How every pipeline command can run at stated times: `--schedule CRON` beside its own arguments."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from medimage.errors import MedimageError
from medimage.exit_codes import PASSED
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.keeper import utc_now
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.workspace import require_writable_workspace
from pipelines.schedule_arguments import read_schedule_arguments, schedule_help
from pipelines.zenml_database import is_zenml_set_up

CLUSTER_SCHEDULES = 0
NO_CLUSTER_SCHEDULES = 3
"""How `pipelines.stack_schedules` ends, which says whether the active stack has schedules of its own."""


def run_or_schedule(main: Callable[[], int], *, check: Callable[[Sequence[str]], object]) -> int:
    """Runs a pipeline command, or has it run at the times that its command line states.

    Args:
        main: The command; it reads `sys.argv`.
        check: Reads the command's own arguments, so that a wrong one is told now, and not at three in the morning.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: If the command line is wrong, or the schedule's name is taken.
        MedimageError: If the command, or the machine, cannot do what was asked for.
    """
    module = _module()
    name = module.rpartition(".")[2].removesuffix("_pipeline").replace("_", "-")
    asked = read_schedule_arguments(sys.argv[1:], pipeline=name)
    if asked is None:
        return _with_help(main)
    check(asked.words)
    alerts = AlertSettings.from_environment(os.environ)
    require_writable_workspace()
    if asked.install is None and _cluster_schedules():
        # Imported here, as below, because ZenML takes seconds to import, and a schedule may be kept for months.
        from pipelines.native_schedule import schedule_on_cluster  # noqa: PLC0415

        return schedule_on_cluster(main, asked, module=module)
    from pipelines.local_schedule import install, keep, show  # noqa: PLC0415

    schedule = Schedule(
        name=asked.name,
        cron=asked.cron,
        zone=asked.zone,
        module=module,
        words=asked.words,
        folder=str(Path.cwd()),
        grace_minutes=asked.grace_minutes,
        started_by=StartedBy.FOREGROUND if asked.install is None else StartedBy(asked.install),
        made=utc_now(),
    )
    if asked.print_only:
        show(schedule)
    elif asked.install is not None:
        install(schedule, alerts, replace=asked.replace)
    else:
        keep(schedule, alerts, replace=asked.replace)
    return PASSED


def _cluster_schedules() -> bool:
    """Returns whether the active stack has schedules of its own; asked in another process, which can forget ZenML."""
    if not is_zenml_set_up():
        return False
    asked = subprocess.run([sys.executable, "-m", "pipelines.stack_schedules"], check=False)
    if asked.returncode not in (CLUSTER_SCHEDULES, NO_CLUSTER_SCHEDULES):
        raise MedimageError("ZenML's active stack cannot be looked at; the reason stands above.")
    return asked.returncode == CLUSTER_SCHEDULES


def _module() -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name if spec is not None else f"pipelines.{Path(sys.argv[0]).stem}"


def _with_help(main: Callable[[], int]) -> int:
    try:
        return main()
    except SystemExit as ended:
        if ended.code in (0, None) and {"--help", "-h"} & set(sys.argv[1:]):
            sys.stdout.write(schedule_help())
        raise

"""The schedules of a workspace: a folder for each, with what it is, what became of its runs, and its locks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import ConfigurationError, StorageError
from medimage.file_lock import lock_if_free, lock_in_turn
from medimage.scheduling.schedule import Schedule, require_name
from medimage.whole_file import write_whole
from medimage.whole_lines import remove_lines
from medimage.workspace import require_whole_workspace, workspace
from medimage.workspace_use import workspace_in_use


@dataclass(frozen=True, kw_only=True)
class ScheduleFolder:
    """Where everything of a schedule lies.

    Attributes:
        path: The folder; it may not be there.
    """

    path: Path

    @property
    def description(self) -> Path:
        """The schedule itself."""
        return self.path / "schedule.json"

    @property
    def history(self) -> Path:
        """What became of its runs."""
        return self.path / "history.jsonl"

    @property
    def environment(self) -> Path:
        """The environment of its runs, where systemd or cron starts them."""
        return self.path / "environment.json"

    @property
    def output(self) -> Path:
        """What its runs printed, where cron starts them."""
        return self.path / "output.log"

    @property
    def run_lock(self) -> Path:
        """Held by a run, as long as one of its processes lives."""
        return self.path / "run.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the process that keeps the schedule in the foreground."""
        return self.path / "keeper.lock"


def schedules_folder() -> Path:
    """Returns the folder of all schedules of the workspace."""
    return workspace() / "schedules"


def folder_of(name: str) -> ScheduleFolder:
    """Returns where a schedule lies.

    Raises:
        ValueError: If nothing can be called so.
    """
    require_name(name)
    return ScheduleFolder(path=schedules_folder() / name)


def read_schedule(name: str) -> Schedule | None:
    """Returns the schedule of a name, or None where there is none.

    Raises:
        StorageError: If its file is damaged.
    """
    file = folder_of(name).description
    try:
        return Schedule.from_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StorageError(
            f"Expected a schedule in {file} but it cannot be read: {error}. Remove {file.parent} to forget it."
        ) from error


def find_schedule(name: str) -> Schedule:
    """Returns the schedule of a name.

    Raises:
        ConfigurationError: If there is none.
        StorageError: If its file is damaged.
    """
    try:
        found = read_schedule(name)
    except ValueError:
        found = None
    if found is None:
        names = stored_names()
        there = f"there are {', '.join(names)}" if names else "there are none"
        near = nearest_names(name, names)
        raise ConfigurationError(
            f"There is no schedule {name!r} in {schedules_folder()}{did_you_mean(near) if near else f': {there}'}."
        )
    return found


def is_current(schedule: Schedule) -> bool:
    """Returns whether a schedule is there still, neither deleted nor replaced by another one of its name."""
    try:
        stored = read_schedule(schedule.name)
    except StorageError:
        # A disk that is away for a moment must not end a training of hours.
        return True
    return stored is not None and stored.made == schedule.made


def stored_names() -> tuple[str, ...]:
    """Returns the names of all schedules, in order."""
    return tuple(sorted(file.parent.name for file in schedules_folder().glob("*/schedule.json")))


def write_schedule(schedule: Schedule) -> None:
    """Writes a schedule, whole, for its owner alone: its command may hold addresses and passwords.

    Raises:
        StorageError: If the workspace cannot be written to.
    """
    folder = folder_of(schedule.name)
    _make(folder.path)
    write_whole(folder.description, schedule.to_json().encode() + b"\n", private=True)


def forget_schedule(name: str) -> None:
    """Removes everything of a schedule.

    The process that keeps it in the foreground notices, ends the run under way, and is waited for, because it would
    write the history again. A run that systemd or cron started goes on, and its lock stays, so that no schedule of the
    same name runs beside it; it keeps nothing more of itself.
    """
    folder = folder_of(name)
    folder.description.unlink(missing_ok=True)
    if not folder.path.is_dir():
        return
    with lock_in_turn(folder.keeper_lock, what=f"still keeps the schedule {name} and ends"):
        with lock_if_free(folder.run_lock) as no_run_is_left:
            if no_run_is_left:
                shutil.rmtree(folder.path)
                return
        remove_lines(folder.history, what="writes the history of a schedule")
        for file in (folder.environment, folder.output):
            file.unlink(missing_ok=True)


def is_kept(name: str) -> bool:
    """Returns whether a process keeps the schedule in the foreground now."""
    folder = folder_of(name)
    if not folder.path.is_dir():
        return False
    with lock_if_free(folder.keeper_lock) as is_free:
        return not is_free


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Lets one process at a time make or delete a schedule of the workspace, and none while it is restored.

    Raises:
        NoLocksError: If the file system has no locks.
        StorageError: If the workspace cannot be written to, or was restored in parts only.
    """
    with workspace_in_use():
        # A restore that was waited for may have been killed.
        require_whole_workspace()
        _make(schedules_folder())
        with lock_in_turn(schedules_folder() / "change.lock", what="changes the schedules"):
            yield


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Expected to make the folder {folder} but the system says: {error.strerror}. Make the workspace writable."
        ) from error

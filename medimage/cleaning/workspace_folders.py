"""Folders of the workspace that work left behind: unfinished, downloaded, fetched or temporary."""

import datetime
import platform
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from medimage.cleaning.garbage import Findings, Garbage, Kept, Kind
from medimage.cleaning.trees import last_change, size_of
from medimage.file_lock import lock_if_known_free
from medimage.last_use import last_use
from medimage.workspace import is_of_dead_process, workspace

_ARCHIVES, _KNOWN = "archives", "known"
_LOCK = ".lock"


def find_old_work(*, before: datetime.datetime) -> Findings:
    """Finds unfinished work, fetched copies and temporary folders that nothing has touched since a time.

    Args:
        before: What was changed since stays.
    """
    home = workspace()
    places = (
        (Kind.UNFINISHED, home / "unfinished", last_change),
        (Kind.UNFINISHED, home / "inference", last_change),
        (Kind.FETCHED, home / "fetched", last_use),
        (Kind.TEMPORARY, home / "temporary", last_change),
    )
    found = [_old(kind, _entries(folder), age=age, before=before) for kind, folder, age in places]
    return Findings(
        garbage=tuple(each for one in found for each in one.garbage),
        kept=tuple(each for one in found for each in one.kept),
    )


def find_old_downloads(*, before: datetime.datetime, needed: Collection[Path], schedules: Collection[str]) -> Findings:
    """Finds downloads and unpacked archives that no kept run has read and nobody has used since a time.

    Args:
        before: What was used since stays.
        needed: Folders that kept runs have read: without them, their steps are found in the cache no more.
        schedules: Names of schedules, which may read any of them when nobody is there to download it again.
    """
    old = _old(Kind.DOWNLOAD, _downloads(workspace() / "downloads"), age=last_use, before=before)
    garbage, kept = [], list(old.kept)
    for each in old.garbage:
        if Path(each.place) in needed:
            kept.append(Kept(name=each.name, reason="a run that is kept has read it"))
        elif schedules:
            kept.append(Kept(name=each.name, reason=f"a schedule may read it ({', '.join(sorted(schedules))})"))
        else:
            garbage.append(each)
    return Findings(garbage=tuple(garbage), kept=tuple(kept))


def find_old_checkpoints(folder: Path, *, before: datetime.datetime) -> Findings:
    """Finds checkpoints of trainings that nobody has gone on with since a time.

    Args:
        folder: Where the checkpoints of all trainings lie, on this machine.
        before: What was changed since stays.
    """
    return _old(Kind.CHECKPOINT, _entries(folder), age=last_change, before=before)


def find_old_run_folders(
    *, before: datetime.datetime, gone: Collection[str], is_kept: Callable[[str], bool]
) -> Findings:
    """Finds folders of runs that go, and of runs that nobody knows.

    Args:
        before: What was changed since stays.
        gone: Names of runs that go.
        is_kept: Whether a run of a name stays, or something mentions it.
    """
    old = _old(Kind.RUN_FOLDER, _entries(workspace() / "runs"), age=last_change, before=before)
    going = [each for each in old.garbage if each.name in gone or not is_kept(each.name)]
    return Findings(garbage=tuple(going), kept=old.kept)


def _entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix != _LOCK)


def _downloads(folder: Path) -> Iterator[Path]:
    """Yields versions of datasets, unpacked archives, and what an interrupted download or unpacking left."""
    for dataset in _entries(folder):
        if dataset.is_dir() and not dataset.is_symlink():
            yield from (path for path in _entries(dataset) if (dataset.name, path.name) != (_ARCHIVES, _KNOWN))


def _old(
    kind: Kind,
    paths: Iterator[Path],
    *,
    age: Callable[[Path], datetime.datetime],
    before: datetime.datetime,
) -> Findings:
    garbage, kept = [], []
    for path in paths:
        try:
            used = age(path)
        except FileNotFoundError:
            continue
        if used >= before:
            continue
        name = path.name if kind is not Kind.DOWNLOAD else f"{path.parent.name}/{path.name}"
        if path.is_symlink():
            kept.append(Kept(name=str(path), reason="a link, which medimage did not make"))
        elif not _is_free(path):
            kept.append(Kept(name=name, reason="another process holds it"))
        else:
            garbage.append(Garbage(kind=kind, name=name, place=str(path), size=size_of(path), last_used=used))
    return Findings(garbage=tuple(garbage), kept=tuple(kept))


def _is_free(path: Path) -> bool:
    """Returns whether no process of this machine owns a folder by its name, and none holds the lock beside it."""
    if path.name.startswith(f"{platform.node()}.") and not is_of_dead_process(path.name):
        return False
    lock = path.with_name(f"{path.name}{_LOCK}")
    if not lock.exists():
        return True
    with lock_if_known_free(lock) as held:
        return held

"""Room to work in: the disk of the workspace, memory, and shared memory."""

import shutil
import tempfile
from pathlib import Path

import psutil

from medimage.doctor.finding import Finding, State, fine
from medimage.errors import StorageError
from medimage.local_disk import is_on_local_disk
from medimage.serving.cores import available_cores
from medimage.workspace import WORKSPACE_VARIABLE, require_writable_workspace

_GIB = 2**30
_COMFORTABLE_DISK = 10 * _GIB
"""A problem with tens of thousands of images takes some gigabytes of prepared pixels, and as much of checkpoints."""
_COMFORTABLE_TEMPORARY = 2 * _GIB
"""ViT-L has 304 million weights of four bytes, and its package as much."""
_COMFORTABLE_MEMORY = 6 * _GIB
"""Training a ResNet50 at 224 px took 4 GB with its libraries."""
_COMFORTABLE_SHARED_MEMORY = _GIB
"""Several training processes hand batches to each other there; containers have 64 MB unless they are told."""
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, not written to


def check_workspace() -> tuple[Finding, ...]:
    """Looks whether the workspace can be written to, has room, and is on a disk of this machine."""
    try:
        home = require_writable_workspace()
    except StorageError as error:
        return (Finding(subject="workspace", state=State.PROBLEM, told=_first(str(error)), advice=_rest(str(error))),)
    free = shutil.disk_usage(home).free
    told = f"{home}, {free / _GIB:.1f} GiB free"
    room = (
        fine("workspace", told)
        if free >= _COMFORTABLE_DISK
        else Finding(
            subject="workspace",
            state=State.NOTE,
            told=told,
            advice=f"Large problems need more: free some, or choose another disk with {WORKSPACE_VARIABLE}=FOLDER.",
        )
    )
    if is_on_local_disk(home):
        return (room,)
    shared = Finding(
        subject="its disk",
        state=State.NOTE,
        told="the workspace is on a disk that other machines may share",
        advice="SQLite stores and locks are slow there, and not safe from two machines at a time: work from one alone, "
        "or let MLFLOW_TRACKING_URI and ZENML_STORE_URL name servers.",
    )
    return (room, shared)


def check_temporary_folder() -> Finding:
    """Looks at the room of the system's folder for temporary files, where models are packed and registered."""
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    told = f"{folder}, {free / _GIB:.1f} GiB free"
    if free >= _COMFORTABLE_TEMPORARY:
        return fine("temporary folder", told)
    return Finding(
        subject="temporary folder",
        state=State.NOTE,
        told=told,
        advice="Large models may not be registered or packaged: free some, or choose another disk with TMPDIR=FOLDER.",
    )


def check_memory() -> Finding:
    """Looks at processor cores and memory that is free."""
    memory = psutil.virtual_memory()
    told = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB free, {available_cores()} cores"
    if memory.available >= _COMFORTABLE_MEMORY:
        return fine("memory", told)
    return Finding(
        subject="memory",
        state=State.NOTE,
        told=told,
        advice="Training may be ended by the system: close other programs, or choose a smaller network or batch size.",
    )


def check_shared_memory(folder: Path = _SHARED_MEMORY) -> Finding | None:
    """Looks at shared memory; None where there is none of this kind, as on macOS."""
    if not folder.is_dir():
        return None
    size = shutil.disk_usage(folder).total
    told = f"{size / _GIB:.1f} GiB"
    if size >= _COMFORTABLE_SHARED_MEMORY:
        return fine("shared memory", told)
    return Finding(
        subject="shared memory",
        state=State.NOTE,
        told=told,
        advice="Training on several GPUs may end with a bus error: give the container more, as with `--shm-size 2g`.",
    )


def _first(text: str) -> str:
    return text.partition(". ")[0]


def _rest(text: str) -> str:
    return text.partition(". ")[2]

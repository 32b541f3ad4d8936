"""How much memory of the machine is free for training on its CPU."""

from pathlib import Path
from typing import Final

import psutil

_GROUP: Final = Path("/sys/fs/cgroup")


def available_memory(group: Path = _GROUP) -> int:
    """Returns the bytes that this process may still take: what the machine has free, or its container, if that is less.

    Args:
        group: Folder in which Linux tells the limits of the container (cgroup version 2).
    """
    free = int(psutil.virtual_memory().available)
    limit = _read(group / "memory.max")
    if limit is None:
        return free
    # What files are cached in is counted as used, but given back where memory is needed.
    cached = _statistic(group / "memory.stat", "inactive_file")
    return min(free, max(0, limit - (_read(group / "memory.current") or 0) + cached))


def _read(file: Path) -> int | None:
    """Returns the number in a file; None where there is no file, or no limit (`max`)."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _statistic(file: Path, name: str) -> int:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)

"""The CPU cores that this process may use."""

import math
import os
from pathlib import Path

_QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")


def available_cores(quota_file: Path = _QUOTA_FILE) -> int:
    """Returns how many CPU cores this process may use, which a container may hold below those of the machine.

    Containers are limited in two ways: to certain cores, or to a share of the time of all cores (Linux control groups,
    version 2, `cpu.max`: microseconds of work in each period, and the period).

    Args:
        quota_file: Where the share of time stands; there is no such limit where it is missing.

    Returns:
        At least 1; a share of time is rounded up to whole cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = quota_file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, math.ceil(int(quota) / int(period))))

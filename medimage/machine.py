"""The machine that figures were measured on, in words. Nothing that identifies it."""

import platform
from pathlib import Path


def processor_name() -> str:
    """Returns the processor's name, or at least its architecture."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()

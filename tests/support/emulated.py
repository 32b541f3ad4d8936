"""Programs on a processor that this machine does not have, emulated by QEMU where it is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

QEMU = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
"""User-mode emulator of x86 processors (Debian: `qemu-user-static`); None where there is none."""

WITHOUT_VNNI = "Haswell"
"""A processor with AVX2, on which sums of 8-bit products are cut off."""

WITHOUT_AVX = "Nehalem"
"""One with SSE4.2 alone."""


def run_emulated(program: str, *arguments: str, processor: str, folder: Path) -> str:
    """Runs a Python program, and returns what it prints.

    Args:
        program: Source.
        arguments: Its arguments.
        processor: QEMU's name of the processor.
        folder: Where it runs.

    Raises:
        AssertionError: If it ends with an error.
    """
    assert QEMU is not None
    done = subprocess.run(
        [QEMU, "-cpu", processor, sys.executable, "-c", program, *arguments],
        cwd=folder,
        # Libraries would otherwise start a thread for every core of the machine.
        env={
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.conftest import PROJECT

_PARENT = """
import time
from benchmarks.support.workers import open_workers

if __name__ == "__main__":
    with open_workers(1, threads=1) as workers:
        workers.submit(print, "working", flush=True).result()
        workers.submit(time.sleep, 600).result()
"""


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen(
        [sys.executable, str(script)], cwd=PROJECT, env={"PYTHONPATH": str(PROJECT)}, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "working\n"
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert len(workers) >= 1
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []

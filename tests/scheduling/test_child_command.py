"""Commands in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from medimage.file_lock import lock_if_free, lock_to_hand_on
from medimage.scheduling.child_command import ChildCommand

SLEEPS = "import time; print('ready', flush=True); time.sleep(60)"
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('ready', 'w'); time.sleep(60)"


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def python(code: str, folder: Path, **environment: str) -> ChildCommand:
    return ChildCommand([sys.executable, "-c", code], folder=folder, environment={**os.environ, **environment})


@pytest.mark.parametrize(
    ("code", "ended"), [("pass", 0), ("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_the_exit_code_is_told(tmp_path: Path, code: str, ended: int) -> None:
    with lock_to_hand_on(tmp_path / "lock") as lock:
        assert lock is not None
        assert python(code, tmp_path).run(lock) == ended


def test_it_runs_in_its_folder_with_its_environment(tmp_path: Path) -> None:
    code = "import os; open('seen', 'w').write(os.environ['WORD'])"
    with lock_to_hand_on(tmp_path / "lock") as lock:
        assert lock is not None
        python(code, tmp_path, WORD="a b%$").run(lock)
    assert (tmp_path / "seen").read_text() == "a b%$"


@pytest.mark.parametrize("code", [SLEEPS.replace("print('ready', flush=True)", "open('ready', 'w')"), IGNORES])
def test_a_command_is_asked_to_end_and_killed_where_it_does_not(tmp_path: Path, code: str) -> None:
    command = python(code, tmp_path)
    codes: list[int] = []

    def run() -> None:
        with lock_to_hand_on(tmp_path / "lock") as lock:
            assert lock is not None
            codes.append(command.run(lock))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(tmp_path / "ready")
    command.end(seconds=1)
    thread.join(timeout=30)
    assert codes == [-signal.SIGKILL if "SIG_IGN" in code else -signal.SIGTERM]
    assert command.is_ending


def test_after_the_end_nothing_is_started(tmp_path: Path) -> None:
    command = python("open('started', 'w')", tmp_path)
    command.end()
    assert command.run(0) == -signal.SIGTERM
    assert not (tmp_path / "started").exists()


def test_a_command_holds_the_lock_also_when_who_started_it_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from medimage.file_lock import lock_to_hand_on\n"
        "from medimage.scheduling.child_command import ChildCommand\n"
        "with lock_to_hand_on(Path('lock')) as lock:\n"
        f"    ChildCommand([sys.executable, '-c', {IGNORES + ''!r}], folder=Path('.')).run(lock)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    keeper = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    wait_for(tmp_path / "ready")
    keeper.kill()
    keeper.wait()
    with lock_if_free(tmp_path / "lock") as is_free:
        assert not is_free
    (child,) = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cwd")
        if _folder(path) == tmp_path and int(path.parent.name) != keeper.pid
    ]
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 30
    is_free = False
    while not is_free and time.monotonic() < deadline:
        with lock_if_free(tmp_path / "lock") as is_free:
            time.sleep(0.02)
    assert is_free


def _folder(path: Path) -> Path | None:
    try:
        return path.readlink()
    except OSError:
        return None

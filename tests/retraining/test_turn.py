"""One retraining of a model at a time."""

import os
import signal
import subprocess
import sys

from medimage.retraining.turn import retraining_turn
from tests.conftest import PROJECT

_HOLDER = """
import sys, time
from medimage.retraining.turn import retraining_turn
with retraining_turn(sys.argv[1], wait=False) as is_ours:
    print(is_ours, flush=True)
    time.sleep(600)
"""


def hold(name: str) -> subprocess.Popen[str]:
    """Starts a process that holds a model's turn, and returns it once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, name], cwd=PROJECT, env=os.environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_the_second_steps_aside_until_the_first_is_over_and_other_models_do_not_mind() -> None:
    process = hold("turn-a")
    try:
        with retraining_turn("turn-a", wait=False) as is_ours:
            assert not is_ours
        with retraining_turn("turn-b", wait=False) as is_ours:
            assert is_ours
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    # A killed process leaves no stale lock.
    with retraining_turn("turn-a", wait=False) as is_ours:
        assert is_ours


def test_who_waits_gets_the_turn_when_the_first_is_killed() -> None:
    process = hold("turn-c")
    waiting = subprocess.Popen(
        [sys.executable, "-c", _HOLDER.replace("wait=False", "wait=True").replace("600", "0"), "turn-c"],
        cwd=PROJECT,
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    told, _ = waiting.communicate(timeout=60)
    assert told == "True\n"
    assert waiting.returncode == 0

"""With its worker killed under load, the service answers again within 5 s, and the log has every answer."""

import contextlib
import os
import signal
import time
from concurrent.futures import Future

import psutil

from benchmarks.support.http_load import NO_ANSWER, Answered, Load, send
from benchmarks.support.logged_rows import LoggedRows
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import ServedSide, served_side
from benchmarks.support.server_process import can_listen

KILLS = 3
CONNECTIONS = 8
_LOAD_SECONDS = 3.0
_AGAIN_LIMIT_SECONDS = 60.0
_PORT_LIMIT_SECONDS = 10.0
_TARGET_SECONDS = 5.0


def measure() -> Measurement:
    """Kills a worker of a served ResNet18 under load (SIGKILL) several times, and then the process that watches it.

    After each kill of a worker the time until it is ready again is taken. The number counts only where every answer
    that was given is in the log, no row of the log is torn, the log holds no more rows without an answer than requests
    were on their way, and, the first process killed, nothing listens at the port any more.
    """
    with served_side() as served:
        served.ask(requests=40, connections=CONNECTIONS)
        rate = served.ask(requests=80, connections=CONNECTIONS).rate
        already = set(LoggedRows.read(served.log).prediction_ids)
        given: set[str] = set()
        seconds, broken = [], 0
        for _ in range(KILLS):
            flood = _load(served, requests=round(2 * _LOAD_SECONDS * rate))
            time.sleep(_LOAD_SECONDS)
            _kill(served.server.workers())
            seconds.append(_seconds_to_ready(served))
            answered = flood.result()
            given |= set(answered.prediction_ids)
            broken += answered.count(NO_ANSWER)
        flood = _load(served, requests=round(2 * _LOAD_SECONDS * rate))
        time.sleep(_LOAD_SECONDS)
        left = served.server.processes()[1:]
        # Only the first one: whether the others end with it is what is asked.
        os.kill(served.server.process.pid, signal.SIGKILL)
        free_after = _seconds_to_free_port(served.server.port)
        _kill(left)
        last = flood.result()
        given |= set(last.prediction_ids)
        broken += last.count(NO_ANSWER)
        rows = LoggedRows.read(served.log)
    logged = set(rows.prediction_ids) - already
    unanswered = len(logged - given)
    on_their_way = (KILLS + 1) * CONNECTIONS + KILLS
    holds = given <= logged and rows.torn == 0 and unanswered <= on_their_way and free_after < _PORT_LIMIT_SECONDS
    return Measurement(
        name="served_kill",
        measured=max(seconds) if holds else float("inf"),
        target=_TARGET_SECONDS,
        unit="s until ready again",
        direction="at_most",
        details=(
            f"worker killed {KILLS} times under {CONNECTIONS} connections; ready again after "
            f"{', '.join(f'{each:.1f}' for each in seconds)} s",
            f"{len(given)} answers, {len(given - logged)} of them not in the log; {unanswered} rows without an answer",
            f"{broken} requests broken off, {rows.torn} torn rows",
            f"first process killed: nothing listened at the port after {free_after:.1f} s",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _load(served: ServedSide, *, requests: int) -> Future[Answered]:
    load = Load(port=served.server.port, images=served.model.images, requests=requests, connections=CONNECTIONS)
    return served.asking.submit(send, load)


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait()


def _seconds_to_ready(served: ServedSide) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < _AGAIN_LIMIT_SECONDS:
        if served.server.is_ready():
            return time.monotonic() - begun
        time.sleep(0.01)
    return float("inf")


def _seconds_to_free_port(port: int) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < _PORT_LIMIT_SECONDS:
        if can_listen(port):
            return time.monotonic() - begun
        time.sleep(0.05)
    return float("inf")

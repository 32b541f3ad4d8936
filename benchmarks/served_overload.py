"""Under 10 times what it can answer, the service turns requests away within 100 ms and is well again within 5 s."""

import os
import time

from benchmarks.support.http_load import NO_ANSWER, Answered, Load, load_process, send
from benchmarks.support.logged_rows import LoggedRows
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import served_side

SECONDS = 60.0
FACTOR = 10
_TARGET_MS = 100.0
"""Below it a person takes an answer for immediate (Nielsen: Usability Engineering, 1993, chapter 5), and a balancer has
time to ask another instance. It is a tenth of the second after which `Retry-After` says to come back."""

_RECOVERY_SECONDS = 5.0
_SLOWER = 1.5
_WINDOW = 10


def measure() -> Measurement:
    """Sends 10 times as many requests to a served ResNet18 at 224 px as it answers, for 60 s, each when it is due.

    First, what it answers on 8 connections is measured, and its time for one request alone. The times of refusals are
    counted from when a request was due, so that the client's own delays are in them. The number counts only where
    every request was answered or turned away, every answer is in the log once and nothing else is, no process ended,
    and a request alone takes no more than 1.5 times what it took before, 5 s after the last one was sent.
    """
    with served_side() as served, load_process() as second:
        served.ask(requests=80, connections=8)
        capacity = served.ask(requests=160, connections=8).rate
        alone = served.ask(requests=60, connections=1)
        workers = {worker.pid for worker in served.server.workers()}
        already = len(LoggedRows.read(served.log).prediction_ids)
        rate = FACTOR * capacity
        load = Load(port=served.server.port, images=served.model.images, requests=round(rate * SECONDS), rate=rate)
        overload = served.asking.submit(send, load)
        time.sleep(SECONDS)
        after = second.submit(
            send, Load(port=served.server.port, images=served.model.images, requests=200, connections=1)
        ).result()
        flood = overload.result()
        survived = {worker.pid for worker in served.server.workers()} == workers
        rows = LoggedRows.read(served.log)
    recovered = _recovery_seconds(after, end=float(flood.began.max()), limit=_SLOWER * alone.quantile_ms(0.5) / 1000)
    given = {*flood.prediction_ids, *after.prediction_ids}
    logged = rows.prediction_ids[already:]
    is_logged = rows.torn == 0 and len(logged) == len(set(logged)) and set(logged) == given
    answered, refused = flood.count(200), flood.count(503)
    is_whole = answered > 0 and refused > 0 and answered + refused == len(flood.status)
    holds = is_whole and is_logged and survived and recovered <= _RECOVERY_SECONDS
    return Measurement(
        name="served_overload",
        measured=flood.quantile_ms(0.99, status=503) if holds else float("inf"),
        target=_TARGET_MS,
        unit="ms, p99 of refusals",
        direction="at_most",
        details=(
            f"capacity {capacity:.1f}/s on 8 connections; sent {rate:.0f}/s for {SECONDS:.0f} s",
            f"{answered} answered ({answered / SECONDS:.1f}/s), {refused} turned away, {flood.count(NO_ANSWER)} lost",
            _told(flood, 503),
            _told(flood, 200),
            f"alone before: p50 {alone.quantile_ms(0.5):.0f} ms; {_SLOWER} x of it {recovered:.1f} s after the end",
            f"every answer logged once, nothing else: {'yes' if is_logged else 'no'}; {rows.torn} torn rows",
            f"the same worker processes before and after: {'yes' if survived else 'no'}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _told(flood: Answered, status: int) -> str:
    if not flood.count(status):
        return f"status {status}: none"
    p50, p99, most = (flood.quantile_ms(share, status=status) for share in (0.5, 0.99, 1.0))
    return f"status {status}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {most:.0f} ms"


def _recovery_seconds(after: Answered, *, end: float, limit: float) -> float:
    """Returns the time from the end of the load to the first of ten requests in a row whose median is in the limit."""
    for first in range(len(after.seconds) - _WINDOW + 1):
        window = slice(first, first + _WINDOW)
        if (after.status[window] == 200).all() and sorted(after.seconds[window])[_WINDOW // 2] <= limit:
            return max(0.0, float(after.began[first]) - end)
    return float("inf")

"""After 100,000 answered requests without an error, the service's memory has grown by at most 5 %."""

import os
import time

from benchmarks.support.logged_rows import LoggedRows
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import served_side

REQUESTS = 100_000
CONNECTIONS = 8
_SAMPLES = 10
_WARM_UP_REQUESTS = 5_000
_WARM_UP_SECONDS = 75.0
_TARGET = 0.05


def measure() -> Measurement:
    """Asks a service 100,000 times on 8 connections, and compares its memory after a warm-up with the largest later.

    The network is the smallest of the table at 32 px, so that the run takes minutes and not half an hour: what could
    leak with each request is the service's and no network's. Memory is that of all its processes, what they share
    counted once. The warm-up lasts longer than the 60 s for which BentoML keeps a timer of each request. Every answer
    must be in the prediction log once.
    """
    with served_side(network="resnet10t", size=32, side=64) as served:
        given: list[str] = []

        def ask(requests: int) -> None:
            # Raises where one is not answered with 200.
            given.extend(served.ask(requests=requests, connections=CONNECTIONS).prediction_ids)

        begun = time.monotonic()
        while len(given) < _WARM_UP_REQUESTS or time.monotonic() - begun < _WARM_UP_SECONDS:
            ask(1_000)
        warm = len(given)
        memory = [served.server.memory_bytes()]
        begun = time.monotonic()
        for _ in range(_SAMPLES):
            ask(REQUESTS // _SAMPLES)
            memory.append(served.server.memory_bytes())
        seconds = time.monotonic() - begun
        rows = LoggedRows.read(served.log)
    is_logged = rows.torn == 0 and sorted(rows.prediction_ids) == sorted(given) and len(set(given)) == len(given)
    growth = max(memory[1:]) / memory[0] - 1
    return Measurement(
        name="served_soak",
        measured=growth if is_logged else float("inf"),
        target=_TARGET,
        unit="growth of memory",
        direction="at_most",
        details=(
            f"{REQUESTS} requests on {CONNECTIONS} connections in {seconds:.0f} s after {warm} to warm up, no error",
            f"memory after the warm-up and after each tenth, MB: {', '.join(f'{each / 1e6:.1f}' for each in memory)}",
            f"rows in the prediction log: {len(rows.prediction_ids)} for {len(given)} answers, {rows.torn} torn",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )

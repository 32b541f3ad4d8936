"""At 8 connections one answer in a hundred takes more than twice the median at most: p99 is within 2 x p50."""

import os
import statistics

from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import served_side

ROUNDS = 5
CONNECTIONS = 8
REQUESTS = 800
_TARGET = 2.0


def measure() -> Measurement:
    """Asks a served ResNet18 at 224 px on 8 connections; each request is sent as soon as the one before is answered.

    Files are of one size, so that every answer is the same work: what differs is how long a request waits. The median
    of the rounds is judged, and the worst is told.
    """
    with served_side() as served:
        served.ask(requests=20 * CONNECTIONS, connections=CONNECTIONS)
        answers = [served.ask(requests=REQUESTS, connections=CONNECTIONS) for _ in range(ROUNDS)]
    quantiles = [(one.quantile_ms(0.5), one.quantile_ms(0.99)) for one in answers]
    ratios = [p99 / p50 for p50, p99 in quantiles]
    return Measurement(
        name="served_tail",
        measured=statistics.median(ratios),
        target=_TARGET,
        unit="p99 / p50",
        direction="at_most",
        details=(
            f"resnet18, 224 px, JPEGs of 512 px, {CONNECTIONS} connections; {ROUNDS} rounds of {REQUESTS} requests",
            *(f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, ratio {p99 / p50:.2f}" for p50, p99 in quantiles),
            f"worst ratio: {max(ratios):.2f}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )

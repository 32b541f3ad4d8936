"""At 8 connections the service answers 0.8 of what all cores do that decode and run the graph and nothing else."""

import os
import statistics

from benchmarks.support.bare_prediction import BareProcesses
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import served_side
from benchmarks.support.turns import in_turns
from medimage.serving.cores import available_cores

ROUNDS = 10
CONNECTIONS = 8
SECONDS = 4.0
_TARGET = 0.8


def measure() -> Measurement:
    """Counts answers of a served ResNet18 at 224 px on 8 connections, and images of bare processes, in turns.

    There are as many bare processes as cores, each with one thread of onnxruntime: nothing shares anything, and nothing
    waits, so that no way of serving gets beyond. The client that asks the service takes its time from the same cores.
    """
    cores = available_cores()
    with served_side() as served:
        bare = BareProcesses(served.model.onnx, served.model.images, count=cores)
        try:
            requests = max(4 * CONNECTIONS, round(bare.rate(1.0) * SECONDS))
            answers = []

            def of_served(_: int) -> float:
                answers.append(served.ask(requests=requests, connections=CONNECTIONS))
                return answers[-1].rate

            rounds = in_turns(of_served, lambda _: bare.rate(SECONDS), rounds=ROUNDS, warm_up=1)
        finally:
            bare.close()
    ratios = [of_served / of_bare for of_served, of_bare in rounds]
    return Measurement(
        name="served_throughput",
        measured=statistics.median(ratios),
        target=_TARGET,
        unit=f"of {cores} bare processes",
        direction="at_least",
        details=(
            f"resnet18, 224 px, JPEGs of 512 px, {CONNECTIONS} connections; {ROUNDS} rounds of {requests} requests",
            f"served: {statistics.median(served for served, _ in rounds):.1f} images/s",
            f"{cores} bare processes of one thread: {statistics.median(bare for _, bare in rounds):.1f} images/s",
            f"ratios: {', '.join(f'{ratio:.2f}' for ratio in ratios)}",
            f"the client's own processor time: {1000 * answers[-1].own_seconds / requests:.2f} ms a request",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )

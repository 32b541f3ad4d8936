"""A served answer takes at most 3 ms longer than decoding and running the graph alone, one request at a time."""

import os
import statistics
import time
from collections.abc import Sequence

from benchmarks.support.bare_prediction import Predict, open_bare
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_side import served_side
from benchmarks.support.turns import in_turns
from medimage.serving.classifier import threads_per_image

ROUNDS = 10
REQUESTS = 40
_TARGET_MS = 3.0


def measure() -> Measurement:
    """Asks a served ResNet18 at 224 px and a bare loop about the same files, in turns.

    The service is a Bento behind `bentoml serve`, with its prediction log on; a client in a process of its own keeps
    one connection open. What it takes longer is HTTP, the form, every check of the file, the decision, the log and the
    metrics. The loop decodes, resizes and runs the same graph with the same number of threads, once with onnxruntime's
    threads that spin while they wait, which is its default, and once without; it is judged by the faster.
    """
    threads = threads_per_image()
    with served_side() as served:
        images = served.model.images
        loops = {
            name: open_bare(served.model.onnx, threads=threads, spinning=spinning)
            for name, spinning in (("spinning", True), ("not spinning", False))
        }
        bare: dict[str, list[float]] = {name: [] for name in loops}

        def of_bare(_: int) -> float:
            for name, predict in loops.items():
                bare[name].append(_median_ms(predict, images))
            return min(values[-1] for values in bare.values())

        def of_served(_: int) -> float:
            return served.ask(requests=REQUESTS, connections=1).quantile_ms(0.5)

        rounds = in_turns(of_bare, of_served, rounds=ROUNDS, warm_up=2)
        own = served.ask(requests=REQUESTS, connections=1).own_seconds / REQUESTS
    added = [of_served - of_bare for of_bare, of_served in rounds]
    return Measurement(
        name="served_latency",
        measured=statistics.median(added),
        target=_TARGET_MS,
        unit="ms beyond the bare loop",
        direction="at_most",
        details=(
            f"resnet18, 224 px, {threads} threads an image, JPEGs of 512 px; {ROUNDS} rounds of {REQUESTS} a side",
            f"served: p50 {statistics.median(served for _, served in rounds):.1f} ms",
            *(f"bare loop, {name}: p50 {statistics.median(values):.1f} ms" for name, values in bare.items()),
            f"added in each round, ms: {', '.join(f'{value:.1f}' for value in added)}",
            f"the client's own processor time: {1000 * own:.2f} ms a request, most of it beside the answer's time",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _median_ms(predict: Predict, images: Sequence[bytes]) -> float:
    seconds = []
    for number in range(REQUESTS):
        begun = time.perf_counter()
        predict(images[number % len(images)])
        seconds.append(time.perf_counter() - begun)
    return 1000 * statistics.median(seconds)

"""At 8 connections the service answers 0.9 of what a plain FastAPI and onnxruntime application does."""

import contextlib
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.support.command import PROJECT
from benchmarks.support.measurement import Measurement
from benchmarks.support.plain_service import MODEL_VARIABLE, THREADS_VARIABLE
from benchmarks.support.served_side import ask, served_side
from benchmarks.support.server_process import HOST, Server, free_port, running
from benchmarks.support.turns import in_turns
from medimage.serving.classifier import threads_per_image

ROUNDS = 10
CONNECTIONS = 8
REQUESTS = 200
_TARGET = 0.9


def measure() -> Measurement:
    """Asks a served ResNet18 at 224 px and the same graph behind FastAPI about the same files, in turns.

    Both have as many worker processes and as many threads on one image. The application reads the file, decodes it with
    Pillow, resizes it and runs the graph in a thread of Starlette's pool; it checks nothing, decides nothing and logs
    nothing but uvicorn's line of each request.
    """
    with served_side() as served:
        model = served.folder / "model.onnx"
        model.write_bytes(served.model.onnx)
        workers = len(served.server.workers())
        with _plain(model, workers=workers, folder=served.folder / "plain") as plain:

            def of_plain(_: int) -> float:
                return ask(served.asking, plain, served.model.images, requests=REQUESTS, connections=CONNECTIONS).rate

            def of_served(_: int) -> float:
                return served.ask(requests=REQUESTS, connections=CONNECTIONS).rate

            rounds = in_turns(of_served, of_plain, rounds=ROUNDS, warm_up=1)
    ratios = [of_served / of_plain for of_served, of_plain in rounds]
    return Measurement(
        name="served_against_fastapi",
        measured=statistics.median(ratios),
        target=_TARGET,
        unit="of plain FastAPI",
        direction="at_least",
        details=(
            f"resnet18, 224 px, JPEGs of 512 px, {CONNECTIONS} connections, {workers} worker processes a side; "
            f"{ROUNDS} rounds of {REQUESTS} requests",
            f"served: {statistics.median(served for served, _ in rounds):.1f} images/s",
            f"FastAPI: {statistics.median(plain for _, plain in rounds):.1f} images/s",
            f"ratios: {', '.join(f'{ratio:.2f}' for ratio in ratios)}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


@contextlib.contextmanager
def _plain(model: Path, *, workers: int, folder: Path) -> Iterator[Server]:
    port = free_port()
    application = ["-m", "uvicorn", "benchmarks.support.plain_service:app", "--app-dir", str(PROJECT)]
    command = [sys.executable, *application, "--host", HOST, "--port", str(port), "--workers", str(workers)]
    environment = {MODEL_VARIABLE: str(model), THREADS_VARIABLE: str(threads_per_image())}
    with running(command, port=port, environment=environment, folder=folder) as server:
        yield server

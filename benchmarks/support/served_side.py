"""The served side of a comparison: a packaged ResNet18, served with its log on, and a process that asks it."""

import contextlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.http_load import Answered, Load, load_process, send
from benchmarks.support.served_model import SIDE, ServedModel, packaged_model
from benchmarks.support.server_process import Server, served_bento


@dataclass(frozen=True, kw_only=True)
class ServedSide:
    """A service that runs, and who asks it.

    Attributes:
        model: What is served.
        server: Its processes.
        asking: The process that requests come from.
        log: Folder of the prediction log.
        folder: A folder for anything else; it is gone when the service is.
    """

    model: ServedModel
    server: Server
    asking: ProcessPoolExecutor
    log: Path
    folder: Path

    def ask(self, *, requests: int, connections: int) -> Answered:
        """Sends requests, on each connection one after the other.

        Raises:
            RuntimeError: If one of them is not answered.
        """
        return ask(self.asking, self.server, self.model.images, requests=requests, connections=connections)


@contextlib.contextmanager
def served_side(
    *, network: str = "resnet18", size: int = 224, side: int = SIDE, **settings: str
) -> Iterator[ServedSide]:
    """Packages a network with random weights and serves it until the block ends.

    Args:
        network: Name of the architecture.
        size: Height and width of its input, in pixels.
        side: Height and width of the files, in pixels.
        **settings: `maximum_waiting` becomes `MEDIMAGE_SERVE_MAXIMUM_WAITING`.
    """
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as path, load_process() as asking:
        folder = Path(path)
        model = packaged_model(folder / "bentoml", network=network, size=size, side=side)
        log = folder / "log"
        with served_bento(model.bento, folder / "server", workers=1, prediction_log=str(log), **settings) as server:
            yield ServedSide(model=model, server=server, asking=asking, log=log, folder=folder)


def ask(
    asking: ProcessPoolExecutor, server: Server, images: tuple[bytes, ...], *, requests: int, connections: int
) -> Answered:
    """Sends requests to a server, on each connection one after the other.

    Args:
        asking: The process that they come from.
        server: The server.
        images: Encoded images, sent in turns.
        requests: How many.
        connections: On how many connections.

    Raises:
        RuntimeError: If one of them is not answered.
    """
    load = Load(port=server.port, images=images, requests=requests, connections=connections)
    answered = asking.submit(send, load).result()
    if answered.count(200) < requests:
        raise RuntimeError(
            f"Expected {requests} answers but got {answered.count(200)}; the server printed:\n"
            f"{server.output.read_text()[-3000:]}"
        )
    return answered

"""How fast graphs are beside each other."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from medimage.data.pixel_rows import Pixels
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import INPUT_NAME, PROBABILITIES

_ROUNDS: Final = 40
_WARM_UP: Final = 3


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Time for one prepared image, in one thread.

    Attributes:
        median_ms: Median, in ms.
        speedup: How many times faster than single precision: median over rounds of the ratio within the round.
    """

    median_ms: float
    speedup: float

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)


def time_in_turns(graphs: Mapping[str, bytes], pixels: Pixels, *, rounds: int = _ROUNDS) -> dict[str, Speed]:
    """Times graphs on the same images, each once in every round, so that a busy machine slows all of them.

    Args:
        graphs: Name → graph; the first is what the others are compared with. Who begins changes from round to round.
        pixels: Images as the graphs take them, at least one.
        rounds: Rounds that count.
    """
    sessions = {name: open_session(onnx, threads=1) for name, onnx in graphs.items()}
    names = list(sessions)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(_WARM_UP + rounds):
        row = number % len(pixels)
        feeds = {INPUT_NAME: np.ascontiguousarray(pixels[row : row + 1])}
        for place in range(len(names)):
            name = names[(place + number) % len(names)]
            started = time.perf_counter()
            sessions[name].run([PROBABILITIES], feeds)
            if number >= _WARM_UP:
                seconds[name].append(time.perf_counter() - started)
    first = np.asarray(seconds[names[0]])
    return {
        name: Speed(median_ms=float(np.median(taken)) * 1000, speedup=float(np.median(first / np.asarray(taken))))
        for name, taken in seconds.items()
    }

import json
import math

import pytest

from medimage.evaluation.latency import Latency


def test_latency_survives_json() -> None:
    latency = Latency(p50_ms=1.5, p95_ms=2.5, images=60, machine="2 cores")
    assert Latency.from_dict(json.loads(json.dumps(latency.to_dict()))) == latency


@pytest.mark.parametrize(
    ("p50", "p95", "images"), [(3, 2, 60), (-1, 2, 60), (1, math.nan, 60), (1, math.inf, 9), (1, 2, 0)]
)
def test_impossible_times_are_refused(p50: float, p95: float, images: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Latency(p50_ms=p50, p95_ms=p95, images=images, machine="2 cores")

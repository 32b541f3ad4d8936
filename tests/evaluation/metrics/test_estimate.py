import json
import math

import pytest

from medimage.evaluation.metrics.estimate import Estimate


def test_estimate_survives_json_also_where_it_is_undefined() -> None:
    for estimate in (
        Estimate(value=0.1 + 0.2, low=1 / 7, high=2 / 3, n=10, groups=5, method="Wilson"),
        Estimate.undefined("no image", n=0, groups=0),
        Estimate.without_interval(0.3, "one case", n=3, groups=1),
    ):
        text = json.dumps(estimate.to_dict(), allow_nan=False)
        assert Estimate.from_dict(json.loads(text)).to_dict() == estimate.to_dict()


@pytest.mark.parametrize(
    "changes",
    [
        {"low": 0.6},
        {"high": 0.4},
        {"groups": 11},
        {"value": math.nan},
        {"low": math.nan},
        {"reason": "none needed"},
        {"value": math.nan, "reason": "an interval around nothing"},
    ],
)
def test_estimate_refuses_what_cannot_be(changes: dict) -> None:
    possible = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10, "groups": 5, "method": "Wilson", "reason": ""}
    Estimate(**possible)
    with pytest.raises(ValueError, match="Expected"):
        Estimate(**{**possible, **changes})

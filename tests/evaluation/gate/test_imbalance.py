from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.gate.imbalance import mitigates

COUNTS = {"normal": 900, "tb": 100}


@pytest.mark.parametrize(
    ("weights", "mitigated"),
    [
        ("none", False),
        ("auto", True),
        ({"normal": 1.0, "tb": 1.0}, False),
        ({"normal": 7.0, "tb": 7.0}, False),
        ({"normal": 9.0, "tb": 1.0}, False),
        ({"normal": 1.0, "tb": 9.0}, True),
        ({"normal": 1.0, "tb": 1.8}, True),
        ({"normal": 1.0, "tb": 1.79}, False),
        ({"normal": 1.0, "tb": 46.0}, False),
    ],
)
def test_only_weights_that_make_classes_weigh_alike_mitigate(weights: Any, mitigated: bool) -> None:
    assert mitigates(COUNTS, weights, threshold=5) is mitigated


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 10**6), min_size=2), st.floats(1, 100))
def test_weights_by_inverse_frequency_mitigate_whether_given_or_automatic(
    counts: dict[str, int], threshold: float
) -> None:
    total = sum(counts.values())
    given_by_hand = {name: total / (len(counts) * count) for name, count in counts.items()}
    assert mitigates(counts, "auto", threshold=threshold)
    assert mitigates(counts, given_by_hand, threshold=threshold * (1 + 1e-9))


def test_no_weight_makes_up_for_a_class_without_images() -> None:
    assert not mitigates({"normal": 10, "tb": 0}, "auto", threshold=5)
    assert not mitigates({"normal": 10, "tb": 0}, {"normal": 1.0, "tb": 100.0}, threshold=5)


def test_weights_of_other_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected weights of the classes"):
        mitigates(COUNTS, {"normal": 1.0, "covid": 1.0}, threshold=5)


def test_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one class"):
        mitigates({}, "none", threshold=5)

import gc
from collections.abc import Iterator

import pytest

from medimage.garbage_collection import collect_rarely


@pytest.fixture(autouse=True)
def _own_thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_loading_many_lasting_objects_is_interrupted_seldom() -> None:
    def young_collections() -> int:
        before = gc.get_stats()[0]["collections"]
        lasting = [[number] for number in range(100_000)]
        assert len(lasting) == 100_000
        return int(gc.get_stats()[0]["collections"]) - before

    gc.set_threshold(700, 10, 10)
    usual = young_collections()
    collect_rarely()
    assert young_collections() <= 3 < usual


def test_garbage_in_cycles_still_goes() -> None:
    collect_rarely()

    class Node:
        gone = 0

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            Node.gone += 1

    for _ in range(200_000):
        Node()
    assert Node.gone > 0

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.garbage_collection import collect_rarely, kept_for_good


class Node:
    """Refers to itself, so that only the collector finds it."""

    gone = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Node.gone += 1


@pytest.fixture(autouse=True)
def _own_thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    Node.gone = 0
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


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
    for _ in range(200_000):
        Node()
    assert Node.gone > 0


def test_a_full_collection_looks_at_nothing_that_was_loaded_for_good() -> None:
    Node()
    with kept_for_good():
        assert Node.gone == 1
        loaded = [[number] for number in range(100_000)]
    looked_at = len(gc.get_objects())
    assert looked_at < len(loaded)
    Node()
    gc.collect()
    assert Node.gone == 2


def test_what_is_registered_for_the_end_is_done_though_nothing_is_collected() -> None:
    program = """
import tempfile, weakref
from medimage.exit_codes import call_and_exit

class Cycle:
    def __init__(self):
        self.me = self

def command():
    global kept, folder
    kept, folder = Cycle(), tempfile.TemporaryDirectory()
    weakref.finalize(kept, print, "finalized", folder.name)
    return 3

call_and_exit(command)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    word, folder = ended.stdout.split()
    assert (ended.returncode, word) == (3, "finalized"), ended.stderr
    assert not Path(folder).exists()


def test_bindings_that_count_what_is_left_have_nothing_to_complain_of() -> None:
    pytest.importorskip("triton", reason="Triton belongs to PyTorch on Linux only")
    program = """
from medimage.exit_codes import call_and_exit

def command():
    import atexit, sys, triton
    atexit.register(print, "said at the end", file=sys.stderr)
    return 0

call_and_exit(command)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "said at the end\n")

"""How often Python looks for garbage that only its collector can find."""

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Iterator

_NEW_OBJECTS = 50_000

_COUNTS_WHAT_IS_LEFT = "triton"
"""Package, which PyTorch brings, whose bindings complain on standard error of all that is not freed in the end."""


def collect_rarely() -> None:
    """Makes a process look for cyclic garbage seldom, for the whole of its life.

    ZenML, PyTorch, MLflow and what they need make near a million objects that live as long as the process. Python looks
    for garbage among them after every 700 new ones (CPython 3.11), which is a quarter of the time that it takes to load
    them. Arrays, tensors and images do not wait for the collector, unless a cycle holds them; training calls it where a
    device runs out of memory.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    # Handlers are called in the reverse order of their registration: what others have to say comes before.
    atexit.register(_hide_counts)


@contextlib.contextmanager
def kept_for_good() -> Iterator[None]:
    """Spares the collector what is loaded in the block, and all that was there before.

    Whoever asks it to look through everything, as training does before it measures its memory, else waits for a look at
    all objects of all libraries. What is freed without the collector is freed as ever; cycles that were there before
    and become garbage later stay, so that it is for once in a process, and early.
    """
    gc.collect()
    yield
    gc.freeze()


def collect_no_more() -> None:
    """Makes a process that is about to end leave its garbage to the system, instead of looking through all it has.

    Python does so several times while it ends, which takes five seconds after a training. What was registered to be
    done at the end is done all the same.
    """
    gc.freeze()


def _hide_counts() -> None:
    """Lets nothing more be said where a package would count what is left, which is on purpose."""
    if _COUNTS_WHAT_IS_LEFT not in sys.modules:
        return
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)

"""Work that is done ahead of the one who needs it."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

AHEAD: Final = 2
"""Items that wait at most: the next one, and one more for when items differ in how long they take."""

_LOOK_SECONDS: Final = 0.1
"""How often a thread that waits for room looks whether anybody still wants what it makes."""

_LEAVE_SECONDS: Final = 10.0
"""How long the one who leaves waits for the thread, which may sit in a read of a disk that does not answer."""


@dataclass(frozen=True)
class _Made(Generic[Item]):
    item: Item


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class _End:
    """Says that there is nothing more."""


def prefetch(make: Callable[[], Iterable[Item]], *, ahead: int = AHEAD) -> Iterator[Item]:
    """Yields what `make` gives, which a background thread makes ahead of time.

    A thread is enough: what it does (copies, reads of files) runs outside of Python's lock. It starts with the first
    item that is asked for and has ended when this iterator has: at the last item, after an error, or when the one who
    asks goes away, also by Ctrl-C.

    Args:
        make: Gives the items, in their order; called and run through on the thread.
        ahead: Items that wait at most, beside the one that is being made.

    Raises:
        BaseException: What `make` raised, after the items that came before it.
    """
    waiting: queue.Queue[_Made[Item] | _Failed | _End] = queue.Queue(maxsize=ahead)
    unwanted = threading.Event()

    def put(message: _Made[Item] | _Failed | _End) -> bool:
        while not unwanted.is_set():
            try:
                waiting.put(message, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in make():
                if not put(_Made(item)):
                    return
            put(_End())
        except BaseException as error:  # It is the caller's: raised where the items are asked for.
            put(_Failed(error))

    thread = threading.Thread(target=work, name="medimage-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            message = waiting.get()
            if isinstance(message, _Failed):
                raise message.error
            if isinstance(message, _End):
                return
            yield message.item
    finally:
        unwanted.set()
        # Room for the one that the thread may be putting, so that it need not wait for its next look.
        while not waiting.empty():
            waiting.get_nowait()
        thread.join(timeout=_LEAVE_SECONDS)

"""How many bytes of requests may be on their way in at a time: they lie in memory or among temporary files."""


class Receiving:
    """Counts the bytes of uploads that have come and have not been handed on.

    Bytes are counted as they come, whatever length was stated: a client that states much and sends little takes no
    room, and one that states nothing is counted as well. Used from one event loop, and so without locks.

    Args:
        most_bytes: Bytes at a time, all requests together.
    """

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0

    @property
    def room(self) -> int:
        """Bytes that may come beside those that have."""
        return self._most_bytes - self._bytes

    def take(self, count: int) -> bool:
        """Takes bytes in, and returns whether there was room; where there was none, nothing is counted."""
        if count > self.room:
            return False
        self._bytes += count
        return True

    def give_back(self, count: int) -> None:
        """Gives back what `take` took."""
        self._bytes -= count

"""How much the service takes on at a time: what is beyond is turned away at once instead of waiting long."""

_WEIGHT_OF_LAST = 0.1
"""Weight of an image's time in the moving average: some ten images tell how fast they are answered now."""


class Admission:
    """Counts images that wait for an answer or are answered, and the bytes that they take.

    As many may wait as are answered in a given time, by the time that those before took: a fast network on a large
    machine keeps more waiting than a slow one, and an overload has passed that long after it ends. Used from one event
    loop, and so without locks.

    Args:
        images: Images at a time, whatever their speed.
        upload_bytes: Bytes of their files at a time.
        seconds: How long the last of those that wait may have to.
        answered_at_a_time: Images that are worked on at a time.
    """

    def __init__(self, *, images: int, upload_bytes: int, seconds: float, answered_at_a_time: int) -> None:
        self._most_images = images
        self._most_bytes = upload_bytes
        self._seconds = seconds
        self._at_a_time = answered_at_a_time
        self._seconds_per_image: float | None = None
        self._images = 0
        self._bytes = 0

    @property
    def most_images(self) -> int:
        """Images that may be there at a time now; never fewer than are worked on."""
        if self._seconds_per_image is None:
            return self._most_images
        in_time = int(self._seconds * self._at_a_time / self._seconds_per_image)
        return min(self._most_images, self._at_a_time + in_time)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a single image more."""
        return self._images > 0 and (self._images >= self.most_images or self._bytes >= self._most_bytes)

    def enter(self, *, images: int, upload_bytes: int) -> bool:
        """Takes images on, and returns whether there was room. Where nothing waits, there is."""
        fits = self._images + images <= self.most_images and self._bytes + upload_bytes <= self._most_bytes
        if self._images and not fits:
            return False
        self._images += images
        self._bytes += upload_bytes
        return True

    def leave(self, *, images: int, upload_bytes: int) -> None:
        """Gives back what `enter` took."""
        self._images -= images
        self._bytes -= upload_bytes

    def note_speed(self, *, images: int, seconds: float) -> None:
        """Notes how long images were worked on, one after another, without the time that they waited."""
        found, before = seconds / images, self._seconds_per_image
        weight = 1 - (1 - _WEIGHT_OF_LAST) ** images
        self._seconds_per_image = max(1e-6, found if before is None else before + weight * (found - before))

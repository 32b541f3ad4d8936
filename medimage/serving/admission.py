"""How much the service takes on at a time: what is beyond is turned away at once instead of waiting long."""


class Admission:
    """Counts images that wait for an answer or are answered, and the bytes that they take.

    Used from one event loop, and so without locks.

    Args:
        images: Images at a time.
        upload_bytes: Bytes of their files at a time.
    """

    def __init__(self, *, images: int, upload_bytes: int) -> None:
        self._most_images = images
        self._most_bytes = upload_bytes
        self._images = 0
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a single image more."""
        return self._images >= self._most_images or (self._images > 0 and self._bytes >= self._most_bytes)

    def enter(self, *, images: int, upload_bytes: int) -> bool:
        """Takes images on, and returns whether there was room. Where nothing waits, there is."""
        fits = self._images + images <= self._most_images and self._bytes + upload_bytes <= self._most_bytes
        if self._images and not fits:
            return False
        self._images += images
        self._bytes += upload_bytes
        return True

    def leave(self, *, images: int, upload_bytes: int) -> None:
        """Gives back what `enter` took."""
        self._images -= images
        self._bytes -= upload_bytes

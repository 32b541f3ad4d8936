"""A rectangle in an image, such as the place of a lesion."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Box:
    """An axis-aligned rectangle of pixels.

    Attributes:
        left: First column, from 0.
        top: First row, from 0.
        right: Column after the last one.
        bottom: Row after the last one.
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise ValueError(
                "Expected 0 <= left < right and 0 <= top < bottom but got "
                f"left {self.left}, right {self.right}, top {self.top}, bottom {self.bottom}"
            )

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return (self.right - self.left) * (self.bottom - self.top)

    def contains(self, *, row: int, column: int) -> bool:
        """Returns whether the pixel lies inside."""
        return self.left <= column < self.right and self.top <= row < self.bottom

    def resized(self, *, old_size: tuple[int, int], new_size: tuple[int, int]) -> Self:
        """Returns the smallest box that covers this one after its image was resized.

        Args:
            old_size: Height and width of the image that the box belongs to, in pixels.
            new_size: Height and width after the resize, in pixels.

        Raises:
            ValueError: If the box does not lie inside an image of `old_size`.
        """
        (old_height, old_width), (new_height, new_width) = old_size, new_size
        if self.right > old_width or self.bottom > old_height:
            raise ValueError(f"Expected a box inside {old_height} x {old_width} pixels but got {self}")
        return type(self)(
            left=self.left * new_width // old_width,
            top=self.top * new_height // old_height,
            right=-(-self.right * new_width // old_width),
            bottom=-(-self.bottom * new_height // old_height),
        )

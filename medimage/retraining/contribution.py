"""What new images contributed to a training."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.data.split import PARTS, Split
from medimage.retraining.new_image import NewImages
from medimage.wording import counted, listed


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """Where new images went.

    Attributes:
        parts: Images of each class by part of the split; none of them in the test part.
        left_out: Files that are in no part, by reason.
    """

    parts: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, int]

    def __post_init__(self) -> None:
        tested = sum(self.parts["test"].values())
        if tested:
            raise ValueError(f"Expected no new image in the locked test set but got {tested}")

    @classmethod
    def of(cls, new: NewImages, split: Split | None) -> Self:
        """Counts them.

        Args:
            new: The new images.
            split: How all images were divided; None where that did not take place.
        """
        parts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
        left_out = Counter(new.left_out)
        if split is not None:
            part_of = dict(zip(split.image_ids, split.parts, strict=True))
            reason_of = {image.image_id: image.reason for image in split.left_out}
            for file in new.taken:
                if file.image_id in part_of:
                    parts[part_of[file.image_id]][file.label] += 1
                else:
                    left_out[reason_of[file.image_id]] += 1
        return cls(parts={part: dict(sorted(found.items())) for part, found in parts.items()}, left_out=dict(left_out))

    def sentences(self) -> tuple[str, ...]:
        """Returns where they went, in words."""
        where = [
            f"{counted(sum(found.values()), 'image')} for {part} "
            f"({listed([f'{number} of {label}' for label, number in found.items()])})"
            for part, found in self.parts.items()
            if found
        ]
        told = [f"New images: {listed(where)}; the locked test set is as it was."] if where else []
        return (*told, *(f"Left out, {why}: {counted(number, 'new file')}." for why, number in self.left_out.items()))

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

"""Whether parts of a split have the classes in the proportions of the whole."""

from collections import Counter
from collections.abc import Sequence

TOLERANCE = 0.02
"""A class may be so much more or less frequent in a part than in the whole before it is said."""


def unequal_shares(labels: Sequence[str], parts: Sequence[str], *, classes: Sequence[str]) -> tuple[str, ...]:
    """Returns one phrase for each class and part whose shares differ from the whole by more than `TOLERANCE`.

    Args:
        labels: Class of each image.
        parts: Part or fold of each image.
        classes: Class names in the order to tell them.
    """
    whole, size_of_part = Counter(labels), Counter(parts)
    in_part = Counter(zip(parts, labels, strict=True))
    phrases = []
    for part, size in sorted(size_of_part.items()):
        for name in classes:
            share, expected = in_part[(part, name)] / size, whole[name] / len(labels)
            if abs(share - expected) > TOLERANCE:
                phrases.append(f"{name} is {100 * share:.1f} % of {part} but {100 * expected:.1f} % of all images")
    return tuple(phrases)

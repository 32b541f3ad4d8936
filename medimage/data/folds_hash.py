"""One hash for the splits of all folds."""

import hashlib
from collections.abc import Sequence

from medimage.data.split import Split


def hash_of_splits(splits: Sequence[Split]) -> str:
    """Returns the SHA-256 over the content of every split, in their order."""
    return hashlib.sha256("\n".join(split.content_hash for split in splits).encode()).hexdigest()

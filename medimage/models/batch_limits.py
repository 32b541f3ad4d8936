"""How small and how large a training batch may be.

Apart from how it is looked up, which needs the whole configuration: a change there must not train any model again.
"""

from typing import Final

SMALLEST_BATCH: Final = 2
"""BatchNorm cannot be trained on one image."""

LARGEST_BATCH: Final = 256
"""The largest batch that any recipe of the architecture table was trained with: learning rates are made for no more."""

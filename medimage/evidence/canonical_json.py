"""JSON that has one form for one content, and is refused in any other.

A file that is hashed must have no byte that means nothing: spaces, the order of keys and the spelling of numbers could
be changed unnoticed. So what is read must be, byte for byte, what would be written.
"""

import json
from collections import Counter
from typing import Any, Final

from medimage.evidence.errors import EvidenceError

MOST_BYTES: Final = 16 * 2**20
"""Evidence of a run with a thousand files has half a megabyte; what is larger was not written here."""


def canonical_bytes(values: Any) -> bytes:
    """Returns the one form of JSON-ready values: keys sorted, two spaces for each level, ASCII, a final line break.

    Raises:
        ValueError: If a number is not finite.
    """
    return f"{json.dumps(values, sort_keys=True, indent=2, ensure_ascii=True, allow_nan=False)}\n".encode("ascii")


def read_canonical(content: bytes, *, name: str) -> dict[str, Any]:
    """Reads JSON that `canonical_bytes` wrote.

    Args:
        content: The file.
        name: What it is called in messages.

    Raises:
        EvidenceError: If it is too large, no JSON, names a key twice, holds no object, or is written in another form.
    """
    if len(content) > MOST_BYTES:
        raise EvidenceError(f"Expected {name} to have at most {MOST_BYTES:,} bytes but it has {len(content):,}.")
    try:
        values = json.loads(content.decode("ascii"), object_pairs_hook=_without_repetition, parse_constant=_refuse)
        form = canonical_bytes(values)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise EvidenceError(f"Expected {name} to be JSON but it cannot be read: {reason}.") from error
    if not isinstance(values, dict):
        raise EvidenceError(f"Expected {name} to hold an object but it holds {type(values).__name__}.")
    if form != content:
        raise EvidenceError(
            f"Expected {name} in the one form in which it is written (keys sorted, two spaces for each level) but some "
            "of its bytes are others: it was changed after it was written."
        )
    return values


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        repeated = min(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} stands in it twice")
    return values


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")

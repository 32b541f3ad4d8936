"""How two recipes differ, setting by setting."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_TOLD = 5
_ABSENT: Final = object()
_DIGEST: Final = re.compile("[0-9a-f]{32}")


def told_differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Returns the settings that differ, with both values; of many, the first ones.

    Args:
        there: Values by name, of any depth.
        here: The same, of what they are compared with.
    """
    # What a person has set comes before hashes of images and code.
    found = sorted(_differences(there, here, before=""), key=lambda told: _DIGEST.search(told) is not None)
    more = f", and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return ", ".join(found[:_TOLD]) + more


def _differences(there: Any, here: Any, *, before: str) -> Iterator[str]:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for name in dict.fromkeys([*there, *here]):
            yield from _differences(
                there.get(name, _ABSENT), here.get(name, _ABSENT), before=f"{before}.{name}" if before else str(name)
            )
    elif there != here:
        yield f"{before}: {_told(there)} there, {_told(here)} here"


def _told(value: Any) -> str:
    return "not set" if value is _ABSENT else str(value)

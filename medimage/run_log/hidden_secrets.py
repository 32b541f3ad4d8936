"""Text without what must not stand in a log: credentials, and names of image files, which may be those of patients."""

import os
import re
from collections.abc import Mapping
from typing import Final

from medimage.config.stack.secret_reference import names_a_secret
from medimage.data.sources.suffixes import ALL_IMAGE_SUFFIXES
from medimage.hidden_credentials import hide_credentials

_IMAGE: Final = "|".join(re.escape(suffix) for suffix in sorted(ALL_IMAGE_SUFFIXES, key=len, reverse=True))
_PATH_BEFORE: Final = r"(?:[^\s'\"]*/[^\s'\"]*(?:[ ][^\s/'\"]+){0,3}[ ])?"
_IMAGE_NAMES: Final = re.compile(
    rf"'[^'\n]*?({_IMAGE})'|\"[^\"\n]*?({_IMAGE})\"|{_PATH_BEFORE}[^\s'\":;=]+({_IMAGE})(?![\w.])", re.IGNORECASE
)
"""In quotes a name may hold blanks. Without them it ends at one, unless a folder stands a few words before."""

_SHORTEST: Final = 6
"""Characters of a secret: the value of a variable such as `1` would else be taken out of every number."""


class HiddenSecrets:
    """Takes credentials and names of image files out of texts.

    Args:
        environment: Variables whose values must not be told where their names say that they are secret.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        values = {value for name, value in variables.items() if names_a_secret(name) and len(value) >= _SHORTEST}
        # A secret that holds another one goes first, or a part of it would be left.
        self._values = sorted(values, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Returns a text with `***` in place of what must not be told."""
        for value in self._values:
            text = text.replace(value, "***")
        if "://" in text:
            text = hide_credentials(text)
        return _IMAGE_NAMES.sub(_ending, text) if "." in text else text


def _ending(found: re.Match[str]) -> str:
    return f"***{next(ending for ending in found.groups() if ending)}"

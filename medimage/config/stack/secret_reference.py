"""Secrets by reference: a definition names them, and never holds one."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_REFERENCE: Final = re.compile(r"^\{\{\s*[\w.-]+\.\w+\s*\}\}$")


def _require_reference(value: str) -> str:
    if not _REFERENCE.match(value):
        # What stands there may be the secret itself, so it is not repeated.
        raise ValueError("expected a reference to a secret of ZenML, as '{{secret.key}}' in quotes, never its value")
    return value


SecretKey = Annotated[str, AfterValidator(_require_reference)]
"""A key of one of ZenML's secrets."""

_WORDS_OF_SECRETS: Final = ("password", "passwd", "secret", "token", "api_key", "apikey", "access_key", "salt")


def names_a_secret(variable: str) -> bool:
    """Returns whether the name of an environment variable tells that its value is one to keep.

    Args:
        variable: Such as `AWS_SECRET_ACCESS_KEY`.
    """
    return any(word in variable.lower() for word in _WORDS_OF_SECRETS)


def parts_of(reference: str) -> tuple[str, str]:
    """Returns name and key of a secret.

    Args:
        reference: As `SecretKey` has it.
    """
    name, _, key = reference.strip("{} \t").rpartition(".")
    return name, key

"""Addresses as they may be shown: without user names, passwords and tokens."""

import re

_BEFORE_HOST = re.compile(r"(?<=://)[^/\s?#]*@")
_PASSWORD_WITH_SLASH = re.compile(r"(?<=://)[^/@\s?#:]+:(?!\d+(?:[/?#\s]|$))[^@\s]*@")
"""Not a valid address, but one that databases take. A port is no password."""

_IN_QUERY = re.compile(
    r"(?<=[?&])([^=&\s]*(?:user|pass|pwd|token|secret|key|odbc_connect)[^=&\s]*=)[^&\s'\"]*", re.IGNORECASE
)


def hide_credentials(text: str) -> str:
    """Returns a text whose addresses have `***` instead of credentials.

    Args:
        text: An address, or any text that may quote some, such as an error of a library.
    """
    for pattern in (_BEFORE_HOST, _PASSWORD_WITH_SLASH):
        text = pattern.sub("***@", text)
    return _IN_QUERY.sub(r"\1***", text)

"""Addresses as they may be shown: without user names, passwords and tokens."""

import re

_BEFORE_HOST = re.compile(r"(?<=://)[^/\s'\"]*@")
_IN_QUERY = re.compile(r"(?<=[?&])((?:user|password|passwd|pwd|token|secret|api_?key)=)[^&\s'\"]*", re.IGNORECASE)


def hide_credentials(text: str) -> str:
    """Returns a text whose addresses have `***` instead of credentials.

    Args:
        text: An address, or any text that may quote some, such as an error of a library.
    """
    return _IN_QUERY.sub(r"\1***", _BEFORE_HOST.sub("***@", text))

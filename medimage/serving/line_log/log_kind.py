"""What one log is called, and what it means that it cannot be written."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LogKind:
    """A log.

    Attributes:
        name: What it is called in messages, such as `prediction log`.
        rows: What its rows are called there, in the plural.
        file_prefix: How the names of its files begin.
        variable: The environment variable that names its folder.
        without: What goes on while it cannot be written, as a sentence.
    """

    name: str
    rows: str
    file_prefix: str
    variable: str
    without: str

"""Names that lead to a file of a folder, and to nothing outside of it."""

from pathlib import PurePosixPath

_LONGEST = 1000


def require_file_name(name: object) -> None:
    r"""Does nothing where a name is that of a file below a folder.

    Raises:
        ValueError: If it is absolute, empty or too long, leads out of the folder, has a second spelling (`a//b`,
            `./a`), or holds what some system takes for a separator or an end: a backslash, a colon, a control
            character.
    """
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST:
        raise ValueError(f"Expected the name of a file but got {str(name)[:_LONGEST]!r}")
    parts = PurePosixPath(name).parts
    if "/".join(parts) != name or name.startswith("/") or {".", ".."} & set(parts):
        raise ValueError(f"Expected the name of a file below the folder but got {name!r}")
    if not name.isprintable() or {"\\", ":"} & set(name):
        raise ValueError(f"Expected a name without backslashes, colons and control characters but got {name!r}")

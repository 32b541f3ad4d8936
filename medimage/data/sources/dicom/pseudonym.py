"""Pseudonyms: what stands for a patient or an institution without telling which one.

A plain hash of an identifier is no secret: there are few identifiers, and all can be tried. So a salt goes into it that
only this workspace knows. The same salt gives the same pseudonyms in every run. It stands in no artifact, no log and
no message.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from medimage.errors import ConfigurationError, StorageError
from medimage.workspace import workspace

SALT_VARIABLE = "MEDIMAGE_SALT"
_SALT_FILE = "pseudonym_salt"
_MINIMUM_CHARACTERS = 16
"""Shorter salts could be tried one after the other."""

_DIGITS = 20
"""80 bits: among a million patients, two share a pseudonym with a probability below 1 in a trillion."""


def pseudonym(kind: str, *identifiers: str, salt: bytes) -> str:
    """Returns what stands for an identifier, such as `patient-1f0c…`.

    Args:
        kind: What is meant, such as `patient`. Equal identifiers of different kinds have different pseudonyms.
        identifiers: The identifier, and what it is unique within.
        salt: The secret, of `read_salt`.
    """
    message = "\0".join((kind, *identifiers)).encode("utf-8", "surrogateescape")
    return f"{kind}-{hmac.new(salt, message, hashlib.sha256).hexdigest()[:_DIGITS]}"


def salt_tag(salt: bytes) -> str:
    """Returns what tells one salt from another without giving it away."""
    return hashlib.sha256(b"medimage salt tag" + salt).hexdigest()[:16]


def read_salt() -> bytes:
    """Returns the salt: `MEDIMAGE_SALT`, or that of the workspace, which is made when it is first asked for.

    Raises:
        ConfigurationError: If `MEDIMAGE_SALT` is shorter than 16 characters.
        StorageError: If the workspace's salt cannot be read or written, or is damaged.
    """
    configured = os.environ.get(SALT_VARIABLE)
    if configured is not None:
        if len(configured) < _MINIMUM_CHARACTERS:
            raise ConfigurationError(
                f"Expected at least {_MINIMUM_CHARACTERS} characters in {SALT_VARIABLE} but it has {len(configured)}. "
                "Set it to a longer secret, or unset it: then the workspace keeps one."
            )
        return configured.encode("utf-8", "surrogateescape")
    path = workspace() / _SALT_FILE
    try:
        if not path.exists():
            _write_once(path)
        salt = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StorageError(
            f"Expected to keep the salt of pseudonyms in {path} but: {reason}. Make it readable and its folder "
            f"writable, or set {SALT_VARIABLE}."
        ) from error
    if len(salt) < _MINIMUM_CHARACTERS:
        raise StorageError(
            f"Expected the salt of pseudonyms in {path} but the file is cut short. Restore it, or delete it: then "
            "patients get other pseudonyms than in earlier runs."
        )
    return salt.encode("ascii")


def _write_once(path: Path) -> None:
    """Writes a new salt for its owner alone, whole or not at all; another process's salt is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Temporary files are made with the mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            Path(path).hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        Path(temporary).unlink()

"""Ed25519 keys as files: made, and read.

Source: Josefsson and Liusvaara (2017), Edwards-Curve Digital Signature Algorithm (EdDSA), RFC 8032; the files are PEM
as in RFC 8410.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from medimage.errors import ConfigurationError, StorageError

KEY_VARIABLE: Final = "MEDIMAGE_SIGNING_KEY"
"""Environment variable with the file of the private key, or with the key itself as PEM."""

PUBLIC_SUFFIX: Final = ".public.pem"

_PEM: Final = "-----BEGIN "


def make_key_pair(file: Path) -> Path:
    """Writes a new private key, which its owner alone may read, and the public key beside it.

    Args:
        file: For the private key; the public one is named like it and ends in `.public.pem`.

    Returns:
        The file of the public key.

    Raises:
        StorageError: If one of them is there already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    public = file.with_name(f"{file.name.removesuffix('.pem')}{PUBLIC_SUFFIX}")
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # Nobody who verifies gains from a key that replaces another, and who lost the old one cannot sign any more.
    for path in (file, public):
        if path.exists() or path.is_symlink():
            raise StorageError(f"{path.absolute()} is there already: a key is not replaced. Name another file.")
    _write_new(file, private_pem, mode=0o600)
    _write_new(public, public_pem, mode=0o644)
    return public


def signing_key(configured: Path | None) -> Ed25519PrivateKey | None:
    """Returns the key to sign with: that of the configuration, else that of the environment, else none.

    Args:
        configured: `evidence.signing_key`.

    Raises:
        ConfigurationError: If it cannot be read, or is no Ed25519 key without a password.
    """
    if configured is not None:
        return _private_key(_read(configured, "evidence.signing_key"), f"evidence.signing_key: {configured}")
    value = os.environ.get(KEY_VARIABLE, "").strip()
    if not value:
        return None
    # A secret store hands out the key itself; it must not stand in a message.
    if value.startswith(_PEM):
        return _private_key(value.encode(), KEY_VARIABLE)
    return _private_key(_read(Path(value), KEY_VARIABLE), f"{KEY_VARIABLE}: {value}")


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Reads the key that a signature is to be compared with.

    Raises:
        ConfigurationError: If it cannot be read, or is no public Ed25519 key.
    """
    content = _read(file, "--public-key")
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"--public-key: expected a public Ed25519 key as PEM but {file.absolute()} holds none: name the file that "
            f"ends in {PUBLIC_SUFFIX}"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(
            f"--public-key: expected an Ed25519 key but {file.absolute()} holds one of another kind"
        )
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Returns the first 16 hexadecimal digits of the SHA-256 of a key, to be told over the telephone."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _private_key(content: bytes, origin: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError as error:
        raise ConfigurationError(
            f"{origin}: the key has a password, which a run cannot be asked for. Store one without, such as "
            "`medimage evidence keygen` makes."
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        # The library's reason may quote the file.
        raise ConfigurationError(
            f"{origin}: expected a private Ed25519 key as PEM, such as `medimage evidence keygen` makes, but it cannot "
            "be read as one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{origin}: expected an Ed25519 key but it is of another kind")
    return key


def _read(file: Path, origin: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{origin}: cannot read {file.absolute()}: {error.strerror}") from error


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is a descriptor
            file.write(content)
    except OSError as error:
        raise StorageError(f"{path.absolute()} cannot be written: {error.strerror}. Name another file.") from error

"""Who vouches for evidence: an Ed25519 signature over all of it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from medimage.evidence.canonical_json import canonical_bytes
from medimage.evidence.errors import EvidenceError

ALGORITHM: Final = "Ed25519"

_DOMAIN: Final = b"medimage evidence\n"
"""What is signed begins with it, so that a signature of something else by the same key is none of evidence."""

_HEXADECIMAL = {"public_key": re.compile(r"[0-9a-f]{64}"), "value": re.compile(r"[0-9a-f]{128}")}


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature and the key that belongs to it.

    Attributes:
        algorithm: `Ed25519`.
        public_key: The key, as 32 bytes in hexadecimal. It shows that the signature is whole, not whose it is.
        value: The signature, as 64 bytes in hexadecimal.
    """

    algorithm: str
    public_key: str
    value: str

    def __post_init__(self) -> None:
        if self.algorithm != ALGORITHM:
            raise ValueError(f"Expected the algorithm {ALGORITHM} but got {self.algorithm!r}")
        for name, form in _HEXADECIMAL.items():
            value = getattr(self, name)
            if not isinstance(value, str) or not form.fullmatch(value):
                raise ValueError(f"Expected {name} in hexadecimal, with small letters, but got {str(value)[:140]!r}")

    @property
    def key(self) -> Ed25519PublicKey:
        """The key that it says it was made with."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Builds the signature from what `to_dict` gave.

        Raises:
            EvidenceError: If it is something else.
        """
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise EvidenceError(
                f"Expected the signature of evidence but it does not hold together: {error}."
            ) from error


def sign(values: Mapping[str, Any], key: Ed25519PrivateKey) -> Signature:
    """Signs evidence.

    Args:
        values: `Evidence.to_dict()`.
        key: The private key.
    """
    public = key.public_key().public_bytes_raw().hex()
    return Signature(algorithm=ALGORITHM, public_key=public, value=key.sign(_signed(values)).hex())


def is_valid(signature: Signature, values: Mapping[str, Any]) -> bool:
    """Whether a signature is one of this evidence by the key that stands in it.

    Args:
        signature: The signature.
        values: `Evidence.to_dict()`.
    """
    try:
        signature.key.verify(bytes.fromhex(signature.value), _signed(values))
    except InvalidSignature:
        return False
    return True


def _signed(values: Mapping[str, Any]) -> bytes:
    return _DOMAIN + canonical_bytes(dict(values))

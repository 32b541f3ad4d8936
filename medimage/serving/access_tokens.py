"""Who may call the service: named bearer tokens (RFC 6750)."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Self

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")  # RFC 6750, section 2.1; shorter ones can be guessed
_SCHEME = "bearer "


@dataclass(frozen=True, kw_only=True)
class AccessTokens:
    """The tokens by the name of who has them.

    Attributes:
        digests: SHA-256 of each token, by name. The tokens themselves are not kept.
    """

    digests: dict[str, bytes]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `NAME:TOKEN`, separated by spaces, commas or line ends.

        Raises:
            ValueError: If a part is something else, or a name or token is there twice. The message holds no token.
        """
        digests: dict[str, bytes] = {}
        for number, part in enumerate(re.split(r"[\s,]+", text.strip()) if text.strip() else (), start=1):
            name, _, token = part.partition(":")
            if not _NAME.fullmatch(name) or not _TOKEN.fullmatch(token):
                raise ValueError(
                    f"expected NAME:TOKEN with a name of letters, digits, '_', '.' or '-' and a token of 16 to 512 "
                    f"letters, digits or ._~+/=- but entry {number} is something else."
                )
            digest = hashlib.sha256(token.encode()).digest()
            if name in digests or digest in digests.values():
                raise ValueError(f"expected each name and each token once but entry {number} repeats one.")
            digests[name] = digest
        return cls(digests=digests)

    def __bool__(self) -> bool:
        return bool(self.digests)

    def name_of(self, authorization: str) -> str | None:
        """Returns who has the token of an `Authorization` header; None for nobody.

        The time that it takes tells nothing of a token: hashes are compared in constant time, and all of them.
        """
        scheme, token = authorization[: len(_SCHEME)], authorization[len(_SCHEME) :].strip()
        if scheme.lower() != _SCHEME:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        matches = [name for name, known in self.digests.items() if hmac.compare_digest(digest, known)]
        return matches[0] if matches else None

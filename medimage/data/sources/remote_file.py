"""What a server says about a file of which it may send parts."""

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

import requests

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_MD5 = re.compile(r"(?:^|[,\s])md5=([\w+/=]+)")


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """What tells one state of a file on a server from another.

    Attributes:
        size: Bytes of the whole file; None where the server does not say.
        validator: Its strong ETag, or else its time of change; empty where the server gives neither.
        md5: MD5 of the whole file as hexadecimal digits; empty where the server does not say.
    """

    size: int | None
    validator: str
    md5: str

    def __post_init__(self) -> None:
        if self.size is not None and not (isinstance(self.size, int) and self.size >= 0):
            raise ValueError(f"Expected a size of at least 0 bytes or None but got {self.size!r}.")
        if not (isinstance(self.validator, str) and isinstance(self.md5, str)):
            raise ValueError(f"Expected texts for validator and md5 but got {self.validator!r} and {self.md5!r}.")

    @classmethod
    def of_answer(cls, answer: requests.Response) -> "RemoteFile":
        """Returns what the headers of an answer say about the file that it is, or is a part of."""
        headers = answer.headers
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            span = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
            # Content-MD5 would be that of the part.
            total, md5 = span[2] if span else "", ""
        else:
            total, md5 = headers.get("Content-Length", ""), _hexadecimal(headers.get("Content-MD5", ""))
        tag = headers.get("ETag", "")
        # That of Google's storage, where Kaggle keeps its archives.
        google = _MD5.search(headers.get("X-Goog-Hash", ""))
        return cls(
            size=int(total) if total.isdecimal() and len(total) < 19 else None,
            # A weak tag does not promise the same bytes (RFC 9110, 8.8.1).
            validator=headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag,
            md5=_hexadecimal(google[1]) if google else md5,
        )

    @classmethod
    def from_note(cls, path: Path) -> "RemoteFile | None":
        """Returns what `write_note` has written, or None where there is nothing that can be relied upon."""
        try:
            return cls(**json.loads(path.read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def write_note(self, path: Path) -> None:
        """Writes it down for `from_note`."""
        path.write_text(json.dumps(asdict(self)), encoding="ascii")

    def differs_from(self, other: "RemoteFile") -> bool:
        """Returns whether it is another file, or another state of it, by anything that both say."""
        pairs = ((self.size, other.size), (self.validator, other.validator), (self.md5, other.md5))
        return any(one != two for one, two in pairs if one and two)


def first_byte(answer: requests.Response) -> int | None:
    """Returns at which byte of the file a part begins, or None where the answer does not say."""
    span = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(span[1]) if span else None


def _hexadecimal(encoded: str) -> str:
    """Returns a digest in base64 as hexadecimal digits; empty where it is none."""
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""

"""Where the credentials for Kaggle come from. Nothing here ever shows one."""

import base64
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from medimage.errors import ConfigurationError

logger = logging.getLogger(__name__)

WAYS_TO_LOG_IN = (
    "Give them as KAGGLE_USERNAME and KAGGLE_KEY or KAGGLE_API_TOKEN in the environment, as ~/.kaggle/kaggle.json or "
    "~/.kaggle/access_token, or log in with `kaggle auth login`; or download the dataset by hand and use "
    "`--data.source folder --data.path FOLDER`; or try `configs/quickstart.yaml`, which needs no download."
)

_SHORTEST_LIFE = timedelta(minutes=10)
"""A login's token that ends sooner is exchanged, so that it does not end between two requests."""


@dataclass(frozen=True, kw_only=True)
class KaggleCredentials:
    """What proves to Kaggle who asks.

    Attributes:
        origin: Where they were found, for people to read.
        kind: An access token, a user name with a key, or a login's refresh token, which is exchanged for an access
            token.
        username: The user; empty for tokens.
        secret: The token or key. Never part of the object's text.
    """

    origin: str
    kind: Literal["token", "key", "login"]
    username: str = field(default="", repr=False)
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        # The HTTP library would put the value of a header that it refuses into its message.
        if not self.secret or any(not "!" <= letter <= "~" for letter in self.secret + self.username):
            raise ConfigurationError(
                f"The Kaggle credentials from {self.origin} hold a space, a line break or a character that is not "
                f"ASCII, or are empty: they were not copied as they are. {WAYS_TO_LOG_IN}"
            )

    def authorization(self) -> str:
        """Returns the value of the header `Authorization` (RFC 7617 for a key, RFC 6750 for a token)."""
        if self.kind == "key":
            return f"Basic {base64.b64encode(f'{self.username}:{self.secret}'.encode()).decode()}"
        return f"Bearer {self.secret}"


def find_kaggle_credentials() -> KaggleCredentials | None:
    """Returns the first credentials found, or None where there are none.

    The environment comes before files, and tokens before keys, as in Kaggle's own client.

    Raises:
        ConfigurationError: If a file with credentials cannot be read or is not what it should be.
    """
    for find in (_from_token_variable, _from_key_variables):
        found = find()
        if found is not None:
            return found
    readers: dict[str, Callable[[Path], KaggleCredentials | None]] = {
        "access_token": _from_token_file,
        "access_token.txt": _from_token_file,
        "kaggle.json": _from_key_file,
        "credentials.json": _from_login,
    }
    for name, read in readers.items():
        for folder in _folders():
            found = read(folder / name) if (folder / name).is_file() else None
            if found is not None:
                return found
    return None


def require_kaggle_credentials() -> KaggleCredentials:
    """Returns the first credentials found.

    Raises:
        ConfigurationError: If there are none, or a file with credentials is not what it should be.
    """
    found = find_kaggle_credentials()
    if found is None:
        half = {"KAGGLE_USERNAME": "KAGGLE_KEY", "KAGGLE_KEY": "KAGGLE_USERNAME"}
        hints = [f" {name} is set, but {other} is not." for name, other in half.items() if os.environ.get(name)]
        raise ConfigurationError(
            f"data.source is kaggle, but no Kaggle credentials were found.{''.join(hints)} {WAYS_TO_LOG_IN}"
        )
    return found


def _folders() -> Iterator[Path]:
    """Yields the folders in which Kaggle's own client keeps credentials."""
    chosen = os.environ.get("KAGGLE_CONFIG_DIR")
    if chosen:
        yield Path(chosen)
        return
    yield Path.home() / ".kaggle"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kaggle"


def _from_token_variable() -> KaggleCredentials | None:
    value = os.environ.get("KAGGLE_API_TOKEN", "").strip()
    if not value:
        return None
    origin = "the environment variable KAGGLE_API_TOKEN"
    # Kaggle's client takes the name of a file there as well.
    if "/" in value and Path(value).is_file():
        return _from_token_file(Path(value), origin=f"the file that {origin} names")
    return KaggleCredentials(origin=origin, kind="token", secret=value)


def _from_key_variables() -> KaggleCredentials | None:
    username, key = (os.environ.get(name, "").strip() for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"))
    if not (username and key):
        return None
    origin = "the environment variables KAGGLE_USERNAME and KAGGLE_KEY"
    return KaggleCredentials(origin=origin, kind="key", username=username, secret=key)


def _from_token_file(path: Path, *, origin: str | None = None) -> KaggleCredentials | None:
    token = _text(path).strip()
    return KaggleCredentials(origin=origin or f"the file {path}", kind="token", secret=token) if token else None


def _from_key_file(path: Path) -> KaggleCredentials:
    values = _json(path)
    username, key = values.get("username"), values.get("key")
    if not (isinstance(username, str) and isinstance(key, str)):
        raise ConfigurationError(
            f"Expected the texts 'username' and 'key' in {path} but at least one is missing. Create a new kaggle.json "
            "on the web page of your Kaggle settings, or delete the file to use other credentials."
        )
    return KaggleCredentials(origin=f"the file {path}", kind="key", username=username, secret=key)


def _from_login(path: Path) -> KaggleCredentials | None:
    values = _json(path)
    origin = f"the login in {path}"
    token, expiry, refresh = (
        str(values.get(name) or "") for name in ("access_token", "access_token_expiration", "refresh_token")
    )
    if token and _lasts(expiry):
        return KaggleCredentials(origin=origin, kind="token", secret=token)
    return KaggleCredentials(origin=origin, kind="login", secret=refresh) if refresh else None


def _lasts(expiry: str) -> bool:
    try:
        moment = datetime.fromisoformat(expiry)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) > datetime.now(UTC) + _SHORTEST_LIFE


def _text(path: Path) -> str:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            logger.warning("Other users of this machine can read your Kaggle credentials: run `chmod 600 %s`", path)
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"Expected to read Kaggle credentials from {path} but the system says: {error.strerror}. Permit it, or "
            "delete the file to use other credentials."
        ) from error
    except UnicodeDecodeError:
        # The error holds the file's content: it is left before ours is raised, and so is not chained to it.
        pass
    raise ConfigurationError(f"Expected Kaggle credentials as UTF-8 text in {path} but it is no text. Create it anew.")


def _json(path: Path) -> dict[str, object]:
    text = _text(path)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        # As above.
        values = None
    if isinstance(values, dict):
        return values
    raise ConfigurationError(
        f"Expected a JSON object with Kaggle credentials in {path} but it is none. Create a new one on the web page of "
        "your Kaggle settings, or delete the file to use other credentials."
    )

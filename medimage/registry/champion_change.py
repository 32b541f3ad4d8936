"""A change of the champion: who made which version the one in use, when, from what, and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from medimage.errors import ConfigurationError

KEY_PREFIX: Final = "champion_change."
"""How the keys of the tags begin that hold changes, at the registered model and at the version that came into use."""

# A tag of a registered model holds 5,000 characters (mlflow.store.model_registry.dbmodels), in which a character
# may be escaped to six.
_LONGEST_REASON, _LONGEST_NAME = 500, 100

_DIGITS_OF_KEY = 16


class Action(StrEnum):
    """How a version came into use."""

    REGISTERED = "registered"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, kw_only=True)
class ChampionChange:
    """One change of the champion.

    Attributes:
        time: When, in UTC, as ISO 8601 with microseconds.
        action: How.
        by: Who: the name that a person gave, that of the account, or the run that registered the version.
        before: Number of the champion before; None where there was none.
        after: Number of the champion after it.
        forced: Whether a refusal was overruled.
        reason: Why; a refusal is only overruled with a reason.
        follows: Key of the change before this one; empty for the first.
    """

    time: str
    action: Action
    by: str
    before: int | None
    after: int
    forced: bool
    reason: str
    follows: str

    def __post_init__(self) -> None:
        if self.forced and not (self.reason.strip() and self.by.strip()):
            raise ValueError("Expected a forced change to have a reason and the name of who forced it")

    @property
    def key(self) -> str:
        """Key of its tag: its time, and a hash of its content, so that no other content can stand under it."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()[:_DIGITS_OF_KEY]
        return f"{KEY_PREFIX}{''.join(filter(str.isdigit, self.time))}.{digest}"

    def to_json(self) -> str:
        """Returns the value of its tag."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values for a person or a program to read."""
        return {name: value for name, value in asdict(self).items() if name != "follows"}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is no such text.
        """
        try:
            values = json.loads(text)
            return cls(**{**values, "action": Action(values["action"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"Expected a change of the champion but got {text!r}") from error


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who asks for a change, and why.

    Attributes:
        by: A name.
        reason: Why; may be empty where nothing is forced.
        force: Whether refusals are to be overruled.
    """

    by: str
    reason: str = ""
    force: bool = False

    def __post_init__(self) -> None:
        if self.force and not (self.by.strip() and self.reason.strip()):
            raise ConfigurationError(
                "--force needs --reason TEXT and --by NAME: who overrules a refusal, and why, is kept in the registry "
                "with the version."
            )
        for option, text, longest in (("--by", self.by, _LONGEST_NAME), ("--reason", self.reason, _LONGEST_REASON)):
            if len(text) > longest:
                raise ConfigurationError(f"{option}: expected at most {longest} characters but got {len(text)}")

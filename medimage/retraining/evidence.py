"""All that a decision to train again rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from medimage.retraining.attempt import Attempt
from medimage.retraining.watched import Watched


@dataclass(frozen=True, kw_only=True)
class RetrainingEvidence:
    """What is known of the champion, of the images, and of its use.

    Attributes:
        champion: Name and number of the version, in words.
        registered: When it was registered, with its time zone.
        now: The time of the decision, with its time zone.
        unseen: Images of each class that may be trained on and that the champion has not seen.
        lost: Images that the champion was trained or validated on and that are not among the data any more.
        same_configuration: Whether the configuration is the one that the champion was trained with.
        watched: What monitoring found; None where no log was given to the run.
        attempt: The last retraining of this champion with the same configuration; None without.
    """

    champion: str
    registered: datetime
    now: datetime
    unseen: Mapping[str, int]
    lost: int
    same_configuration: bool
    watched: Watched | None = None
    attempt: Attempt | None = None

    def __post_init__(self) -> None:
        if self.registered.utcoffset() is None or self.now.utcoffset() is None:
            raise ValueError("Expected times with their time zone")
        if self.lost < 0 or any(number < 0 for number in self.unseen.values()):
            raise ValueError(f"Expected numbers of images but got {dict(self.unseen)} and {self.lost}")

    @property
    def age(self) -> timedelta:
        """Time since the champion was registered; below 0 where a clock went backwards."""
        return self.now - self.registered

    @property
    def repeats_training(self) -> bool:
        """Whether training would be that of the champion over again: same images, same configuration."""
        return self.same_configuration and not self.lost and not any(self.unseen.values())

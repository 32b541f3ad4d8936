"""What a retraining is asked to do."""

from pydantic import BaseModel, ConfigDict

from medimage.monitoring.monitoring_request import MonitoringRequest
from medimage.registry.champion_change import Author
from medimage.registry.version_reference import VersionReference
from medimage.retraining.attempt import Attempt


class RetrainingRequest(BaseModel):
    """Where to look, and what was done before.

    Attributes:
        champion: The version in use.
        new_data: Absolute path of the folder or archive of new images; None without.
        monitoring: Where the log of the service is; None without.
        forced_by: Who asks for it whatever the reasons say; empty where nobody does.
        forced_because: Why.
        attempts: Earlier retrainings of the model that came to their end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    champion: VersionReference
    new_data: str | None = None
    monitoring: MonitoringRequest | None = None
    forced_by: str = ""
    forced_because: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def force(self) -> Author | None:
        """Who forces it, and why; None where nobody does."""
        return Author(by=self.forced_by, reason=self.forced_because, force=True) if self.forced_by else None

    def attempt_with(self, key: str) -> Attempt | None:
        """Returns the last retraining that is known by a key; None without."""
        return next((attempt for attempt in reversed(self.attempts) if attempt.key == key), None)

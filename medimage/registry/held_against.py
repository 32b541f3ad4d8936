"""Which model was the champion when a candidate was judged, and whether it still is when the candidate takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medimage.errors import RegistryError
from medimage.registry.aliases import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True, kw_only=True)
class HeldAgainst:
    """The champion that a candidate was compared with.

    Attributes:
        version: Its number; None where there was no champion.
    """

    version: int | None

    def require_still_champion(self, client: MlflowClient, name: str) -> None:
        """Refuses to replace a champion that the candidate was not compared with.

        Training takes hours, and another run may have registered its model meanwhile.

        Args:
            client: The registry.
            name: The registered model, which must exist.

        Raises:
            RegistryError: If another version is the champion now.
        """
        champion = client.get_registered_model(name).aliases.get(CHAMPION)
        now = None if champion is None else int(champion)
        if now != self.version:
            raise RegistryError(
                f"Expected {_named(self.version)} to be the champion of {name!r}, as when this model was judged, but "
                f"it is {_named(now)}: this model was not compared with it. Run the same command again: training is "
                "taken from the cache, and the comparison is made anew."
            )


def _named(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"

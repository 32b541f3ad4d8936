"""Which model a candidate was held against, and whether it still is the right one when the candidate takes over."""

from dataclasses import dataclass

from medimage.errors import RegistryError
from medimage.registry.champion import find_champion


@dataclass(frozen=True, kw_only=True)
class HeldAgainst:
    """The version that a candidate was compared with.

    Attributes:
        version: Its number; None where there was no other champion.
    """

    version: int | None

    def require_still_champion(self, name: str, *, predictions: str) -> None:
        """Refuses to replace a champion that the candidate was not compared with.

        Training takes hours, and another run may have registered its model meanwhile. A champion that is the candidate
        itself, judged by other thresholds, may be replaced: then what it replaced counts (`Champion.opponent_of`).

        Args:
            name: The registered model.
            predictions: Hash of the candidate's predictions on the test images (`Predictions.content_hash`).

        Raises:
            RegistryError: If the candidate would have to be compared with another version now.
        """
        champion = find_champion(name)
        opponent = None if champion is None else champion.opponent_of(predictions)
        now = None if opponent is None else opponent.version
        if now != self.version:
            raise RegistryError(
                f"Expected {_named(self.version)} to be the champion of {name!r}, as when this model was judged, but "
                f"it is {_named(now)}: this model was not compared with it. Run the same command again: training is "
                "taken from the cache, and the comparison is made anew."
            )


def _named(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"

"""The champion of a registered model: the version in use, which a candidate is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from medimage.registry.aliases import CHAMPION
from medimage.registry.lineage import COMPARED_WITH, PREDICTIONS
from medimage.registry.tracking_server import open_client, registry_errors, store_exists
from medimage.registry.version_reference import VersionReference

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


class Champion(BaseModel):
    """The version in use, with what is needed to know it again.

    Attributes:
        reference: The version.
        predictions: Hash of its predictions on its test images; empty for a version of before that was kept.
        predecessor: The champion that it was held against itself; None where there was none, or is no more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: VersionReference
    predictions: str
    predecessor: VersionReference | None

    def opponent_of(self, predictions: str) -> VersionReference | None:
        """Returns what a candidate is held against: the champion, unless the candidate is that champion itself.

        Then it is what the champion was held against when it was a candidate: a run that is repeated comes to the
        same end.

        Args:
            predictions: Hash of the candidate's predictions on the test images (`Predictions.content_hash`).
        """
        return self.predecessor if predictions == self.predictions else self.reference


def find_champion(name: str) -> Champion | None:
    """Returns the champion of a registered model, None where there is no such model or none of its versions is it.

    Args:
        name: The registered model.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses, or the champion was registered by something
            else.
    """
    if not store_exists():
        return None
    client = open_client()
    with registry_errors(f"The champion of {name!r} cannot be looked up"):
        found = _champion_of(client, name)
        if found is None:
            return None
        before = found.tags.get(COMPARED_WITH)
        predecessor = None if before is None else _version(client, name, before)
        return Champion(
            reference=VersionReference.of(found),
            predictions=found.tags.get(PREDICTIONS, ""),
            predecessor=None if predecessor is None else VersionReference.of(predecessor),
        )


def _champion_of(client: MlflowClient, name: str) -> ModelVersion | None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    try:
        version_number = client.get_registered_model(name).aliases.get(CHAMPION)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return None if version_number is None else client.get_model_version(name, str(version_number))


def _version(client: MlflowClient, name: str, version_number: str) -> ModelVersion | None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    try:
        return client.get_model_version(name, version_number)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None

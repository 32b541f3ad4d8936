"""What a registration has begun is taken back where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from medimage.hidden_credentials import hide_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)


@contextmanager
def taken_back_on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Calls `undo` where the block fails, and lets the block's error through whether that works or not.

    A server that went away can undo nothing either: what is left then is a name without a version, or a whole version
    without its alias, and the next registration of the same model goes on from there.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see open_client

    try:
        yield
    except BaseException as error:
        try:
            undo()
        except (MlflowException, SQLAlchemyError, OSError) as failure:
            logger.warning(
                "What was begun in the registry cannot be taken back (%s): start the same command again, and it is "
                "finished.",
                hide_credentials(str(failure)).partition("\n")[0],
            )
        raise error


@contextmanager
def registered_name(client: MlflowClient, name: str, *, description: str, tags: dict[str, str]) -> Iterator[None]:
    """Creates the registered model where it is missing, and takes it back where nothing gets registered under it.

    Args:
        client: The registry.
        name: The registered model.
        description: What it classifies, and for whom.
        tags: What all its versions have in common.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    try:
        client.create_registered_model(name, tags=tags, description=description)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        yield
        return
    with taken_back_on_failure(lambda: client.delete_registered_model(name)):
        yield


@contextmanager
def aliases_restored_on_failure(client: MlflowClient, *, name: str) -> Iterator[None]:
    """Gives every alias back to the version that had it where the block fails."""
    before = dict(client.get_registered_model(name).aliases)

    def restore() -> None:
        # The champion matters most: so those that were there come back before anything else can fail.
        for alias, owner in sorted(before.items()):
            client.set_registered_model_alias(name, alias, str(owner))
        for alias in client.get_registered_model(name).aliases.keys() - before.keys():
            client.delete_registered_model_alias(name, alias)

    with taken_back_on_failure(restore):
        yield


@contextmanager
def removed_on_failure(client: MlflowClient, *, name: str, version_number: str) -> Iterator[None]:
    """Takes a version back, and gives back the aliases that it took, where the block fails."""
    with (
        taken_back_on_failure(lambda: client.delete_model_version(name, version_number)),
        aliases_restored_on_failure(client, name=name),
    ):
        yield

"""How each kind of what was left behind is removed: what ZenML knows by its own interface, the rest from the disk."""

from pathlib import Path

from zenml.client import Client

from medimage.cleaning.garbage import Garbage, Kind
from medimage.cleaning.trees import remove_tree
from medimage.errors import StorageError
from medimage.workspace import workspace
from pipelines.recorded_runs import folder_of, log_addresses
from pipelines.zenml_database import workspace_database

_LOCK = ".lock"


def remove_garbage(garbage: Garbage) -> None:
    """Removes one thing; the workspace must be held alone.

    Runs must go before artifacts: no cached step may lead to data that are gone.

    Raises:
        LookupError: If ZenML does not know it any more.
        StorageError: If it cannot be removed, or a run that ZenML has kept uses it.
    """
    if garbage.kind is Kind.RUN:
        _remove_run(garbage)
    elif garbage.kind is Kind.ARTIFACT:
        _remove_artifact(garbage)
    elif garbage.kind is Kind.CHECKPOINT:
        remove_tree(Path(garbage.place), below=Path(garbage.place).parent)
    else:
        place = Path(garbage.place)
        remove_tree(place, below=workspace())
        # The lock of unfinished work goes with it: it is how a later run would find what is not there any more.
        place.with_name(f"{place.name}{_LOCK}").unlink(missing_ok=True)


def _remove_run(garbage: Garbage) -> None:
    client = Client()
    run = client.get_pipeline_run(garbage.identifier)
    logs = list(log_addresses(client, run))
    client.delete_pipeline_run(run.id)
    for address in logs:
        file = folder_of(address)
        if file is not None:
            remove_tree(file, below=file.parent)


def _remove_artifact(garbage: Garbage) -> None:
    folder = Path(garbage.place)
    if not folder.resolve().is_relative_to(_stores().resolve()):
        raise StorageError(f"{folder} is not removed: it does not lie in the artifact store of the workspace.")
    client = Client()
    version = client.get_artifact_version(garbage.identifier)
    # ZenML looks whether a run uses the record when the data are gone.
    if not client.list_artifact_versions(id=version.id, only_unused=True, size=1).items:
        raise StorageError("it is not removed: a run that is still recorded uses it.")
    try:
        client.delete_artifact_version(garbage.identifier, delete_from_artifact_store=folder.exists())
    except OSError as error:
        raise StorageError(
            f"{error.filename or folder} cannot be removed: {error.strerror}. Remove it as the user who owns it, then "
            "clean again."
        ) from error


def _stores() -> Path:
    """Returns the folder of all of ZenML's local stores, the database's among them."""
    return workspace_database().parents[1]

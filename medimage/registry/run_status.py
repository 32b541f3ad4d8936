"""How the MLflow run of a pipeline run ended, where the pipeline did not come to its end."""

import logging
from typing import Literal

from medimage.errors import RegistryError
from medimage.registry.runs import find_run
from medimage.registry.tracking_server import open_client, registry_errors

logger = logging.getLogger(__name__)


def mark_run(*, experiment: str, run_id: str, status: Literal["FAILED", "KILLED"]) -> None:
    """Gives the MLflow run of a pipeline run its final status; does nothing where there is no such run.

    A tracking server that is away is a warning: the run has failed already, and that is what the user must hear of.

    Args:
        experiment: MLflow experiment.
        run_id: Id of the pipeline run.
        status: `FAILED`, or `KILLED` for a run that was interrupted.
    """
    try:
        with registry_errors("The run's status cannot be set"):
            client = open_client()
            found = find_run(client, experiment=experiment, run_id=run_id)
            if found is not None:
                client.set_terminated(found, status)
    except RegistryError as error:
        logger.warning("%s", error)

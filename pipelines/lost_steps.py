"""Steps whose outputs are gone: their records stay, and no later run takes them from the cache."""

import datetime

from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.models import StepRunUpdate
from zenml.utils.pagination_utils import depaginate

from pipelines.recorded_runs import folder_of

_PAGE = 200


def forget_lost_steps() -> int:
    """Lets the cache of every completed step end that has an output on this machine which is not there.

    Returns:
        How many steps.
    """
    client, lost = Client(), 0
    now = datetime.datetime.now(tz=datetime.UTC).replace(tzinfo=None)
    steps = depaginate(
        client.list_run_steps, status=ExecutionStatus.COMPLETED, cache_expired=False, size=_PAGE, hydrate=True
    )
    for step in steps:
        folders = [folder_of(version.uri) for versions in step.outputs.values() for version in versions]
        if any(folder is not None and not folder.exists() for folder in folders):
            client.zen_store.update_run_step(step.id, StepRunUpdate(cache_expires_at=now))
            lost += 1
    return lost

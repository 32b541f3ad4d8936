"""Which files the failed shares of a batch inference have."""

import logging
from collections.abc import Sequence

from requests import RequestException

from medimage.errors import MedimageError
from medimage.inference.image_file import ImageFile
from medimage.printable import printable
from medimage.wording import counted
from medimage.work_share import WorkShare
from pipelines.run_outcome import ENDED_WELL, step_statuses
from pipelines.run_snapshot import find_run
from pipelines.stacks.cluster_run import goes_on
from steps.branch import step_id
from steps.predict_image_share import predict_image_share

logger = logging.getLogger(__name__)


def told_with_files(
    error: MedimageError, *, run_name: str, files: Sequence[ImageFile], shares: Sequence[WorkShare]
) -> MedimageError:
    """Returns an error that names the files of the shares that failed, and says what is kept.

    Args:
        error: What the run ended with.
        run_name: ZenML's name of the run, which may not have been started.
        files: All files, in their order.
        shares: All shares.

    Returns:
        The very same where no share failed, or the run goes on without this command.
    """
    try:
        found = find_run(run_name)
        if found is None or goes_on(found.response):
            return error
        statuses = {name: step["status"] for name, step in step_statuses(found).items()}
    except RequestException as away:  # It is no reason to hide what the run ended with.
        logger.warning("Which shares of the run %s failed cannot be told: %s", run_name, away)
        return error
    named = {share: statuses.get(step_id(predict_image_share.name, share.name)) for share in shares}
    failed = [share for share, status in named.items() if status is not None and status not in ENDED_WELL]
    if not failed:
        return error
    kept = sum(status in ENDED_WELL for status in named.values())
    told = "; ".join(_told(share, share.of(files)) for share in failed)
    return type(error)(
        f"{error} This is of {told}. {kept} of {len(shares)} shares have their answers, which are kept: run the same "
        "command again."
    )


def _told(share: WorkShare, files: Sequence[ImageFile]) -> str:
    first, last = printable(files[0].name), printable(files[-1].name)
    return f"share {share.number + 1} of {share.count} with {counted(len(files), 'file')}, from {first} to {last}"

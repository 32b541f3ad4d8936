"""Log records without the tracebacks of errors that are told in one paragraph anyway."""

import logging

from medimage.errors import MedimageError
from medimage.exit_codes import storage_problem


class WithoutKnownTracebacks(logging.Filter):
    """Keeps every record, and drops the traceback of a full disk or of an error that is written for the user.

    ZenML logs both where they pass through it, before the command tells them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns True, after taking the traceback off where it is not needed."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and (isinstance(error, MedimageError) or storage_problem(error) is not None):
            record.exc_info = record.exc_text = None
        return True


def hide_known_tracebacks() -> None:
    """Filters what every handler of the process writes."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(WithoutKnownTracebacks())

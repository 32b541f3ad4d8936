"""How a command ends: with a code that scripts can rely on, and a message that a person can act on."""

import errno
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from medimage.errors import MedimageError
from medimage.workspace import WORKSPACE_VARIABLE, workspace

PASSED = 0
ERROR = 1
WRONG_COMMAND = 2
GATE_NOT_PASSED = 3
INTERRUPTED = 130
"""What shells use for a program that was ended by Ctrl-C: 128 plus the signal's number."""

_STORAGE_ERRORS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "there is no permission to write",
    errno.EROFS: "the disk is read-only",
}


def call_and_exit(command: Callable[[], int]) -> NoReturn:
    """Runs a command and ends the process with its exit code.

    Errors that a user can cause are told in one paragraph; anything else is a defect and shows its traceback.

    Args:
        command: Returns the exit code.
    """
    try:
        code = command()
    except MedimageError as error:
        code = _tell(f"error: {error}", error.exit_code)
    except KeyboardInterrupt:
        code = _tell(
            "interrupted: the step under way was given up and left nothing that a later run would trust. Steps that "
            "had finished are kept: start the same command again to go on after them.",
            INTERRUPTED,
        )
    except Exception as error:
        reason = storage_problem(error)
        if reason is None:
            traceback.print_exc()
            code = _tell("error: this is a defect of medimage or of one of its libraries; see above.", ERROR)
        else:
            code = _tell(
                f"error: {reason} while writing to {workspace()} or the temporary folder. Finished steps are kept and "
                f"nothing half-written is used again. Make room, or choose another place with "
                f"{WORKSPACE_VARIABLE}=FOLDER and TMPDIR=FOLDER, then start the same command again.",
                ERROR,
            )
    sys.exit(code)


def storage_problem(error: BaseException) -> str | None:
    """Returns what is wrong with the disk where that is what stands behind an error, else None."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, OSError) and chain.errno in _STORAGE_ERRORS:
            return _STORAGE_ERRORS[chain.errno]
        # SQLite and Arrow tell the system's reason in words only.
        text = str(chain).lower()
        if "no space left on device" in text or "database or disk is full" in text:
            return _STORAGE_ERRORS[errno.ENOSPC]
        if "attempt to write a readonly database" in text or "permission denied" in text:
            return _STORAGE_ERRORS[errno.EACCES]
        chain = chain.__cause__ or chain.__context__
    return None


def _tell(message: str, code: int) -> int:
    sys.stderr.write(f"\n{message}\n")
    return code

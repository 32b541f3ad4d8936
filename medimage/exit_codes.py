"""How a command ends: with a code that scripts can rely on, and a message that a person can act on."""

import errno
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from medimage.errors import MedimageError
from medimage.garbage_collection import collect_no_more, collect_rarely
from medimage.printable import printable
from medimage.standard_streams import (
    open_closed_streams,
    standard_output_problem,
    write_to_standard_error,
)
from medimage.workspace import WORKSPACE_VARIABLE, workspace

PASSED = 0
"""All went as it should: a model passed the gate and is packaged, images are as before, nothing was due."""
ERROR = 1
"""An error, or a check that did not hold; the last lines say what, where, and what to do."""
WRONG_COMMAND = 2
"""The command line or the configuration is wrong; nothing has begun."""
GATE_NOT_PASSED = 3
"""The run came to its end, and no model passed the gate: none was exported, registered or packaged."""
CHANGED_IN_USE = 3
"""What monitoring ends with where a model's images, answers or rate of right ones have changed: it ran, and the model
must be looked at, as one that did not pass the gate must be."""
NOT_ENOUGH_TO_TELL = 4
"""What monitoring ends with where there are too few images for a verdict."""
NOT_REPLACED = 3
"""What retraining ends with where it was due and the champion is still the one in use: somebody must look at why."""
UNDER_WAY = 5
"""What retraining ends with where another one of the same model is under way in the workspace, and cleaning and
restoring where anything is."""
INTERRUPTED = 130
"""What shells use for a program that was ended by Ctrl-C: 128 plus the signal's number."""

_GIVEN_UP = (
    "the step under way was given up and left nothing that a later run would trust. Steps that had finished are kept, "
    "and so are the finished epochs of a training: start the same command again to go on after them."
)
"""What an interruption means where nobody says otherwise."""

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than this process may write",
}
_REFUSED = {errno.EACCES: "there is no permission to write", errno.EROFS: "the disk is read-only"}


def call_and_exit(command: Callable[[], int]) -> NoReturn:
    """Runs a command and ends the process with its exit code.

    Errors that a user can cause are told in one paragraph; anything else is a defect and shows its traceback.

    Args:
        command: Returns the exit code.
    """
    # A request to end must come through every `except Exception`, ours and those of libraries: KeyboardInterrupt does,
    # and ZenML's own handler, which raises an ordinary exception, calls the one before it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    open_closed_streams()
    collect_rarely()
    try:
        code = command()
        unwritten = standard_output_problem()
        if unwritten is not None:
            code = _tell_unwritten(unwritten)
    except MedimageError as error:
        code = _tell(f"error: {error}", error.exit_code)
    except KeyboardInterrupt as interruption:
        code = _tell(f"interrupted: {str(interruption) or _GIVEN_UP}", INTERRUPTED)
    except Exception as error:
        unwritten = standard_output_problem(ending="\n") if isinstance(error, OSError) else None
        reason = storage_problem(error)
        if unwritten is not None:
            code = _tell_unwritten(unwritten)
        elif is_damaged_database(error):
            code = _tell(
                f"error: a database below {workspace()} is damaged and cannot be read. Bring it back from a copy, or "
                f"move that folder away to begin with an empty one; {WORKSPACE_VARIABLE}=FOLDER uses another.",
                ERROR,
            )
        elif reason is None:
            write_to_standard_error(traceback.format_exc())
            code = _tell("error: this is a defect of medimage or of one of its libraries; see above.", ERROR)
        else:
            code = _tell(
                f"error: {reason} while writing to {workspace()} or the temporary folder. Finished steps are kept and "
                f"nothing half-written is used again. Make room, or choose another place with "
                f"{WORKSPACE_VARIABLE}=FOLDER and TMPDIR=FOLDER, then start the same command again.",
                ERROR,
            )
    collect_no_more()
    sys.exit(code)


def storage_problem(error: BaseException) -> str | None:
    """Returns what is wrong with the disk where that is what stands behind an error, else None."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, OSError) and chain.errno in _FULL:
            return _FULL[chain.errno]
        if isinstance(chain, OSError) and chain.errno in _REFUSED and _is_ours(chain.filename):
            return _REFUSED[chain.errno]
        # SQLite and Arrow tell the system's reason in words only.
        text = str(chain).lower()
        if "no space left on device" in text or "database or disk is full" in text:
            return _FULL[errno.ENOSPC]
        if "attempt to write a readonly database" in text:
            return _REFUSED[errno.EROFS]
        if "unable to open database file" in text:
            return "a database cannot be opened, or its log cannot be written beside it,"
        chain = chain.__cause__ or chain.__context__
    return None


def is_damaged_database(error: BaseException) -> bool:
    """Whether what stands behind an error is an SQLite file that is none, or none any more."""
    chain: BaseException | None = error
    while chain is not None:
        text = str(chain).lower()
        if "file is not a database" in text or "database disk image is malformed" in text:
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _is_ours(filename: object) -> bool:
    """Whether a file is one that a run writes, and not one of the data that it reads."""
    if not isinstance(filename, str | Path):
        return False
    path = Path(filename).absolute()
    return any(path.is_relative_to(folder) for folder in (workspace(), Path(tempfile.gettempdir())))


def _tell_unwritten(problem: str) -> int:
    return _tell(
        f"error: {problem}, so what this command had to say is lost. The files that it wrote are whole, and finished "
        "steps are kept.",
        ERROR,
    )


def _tell(message: str, code: int) -> int:
    write_to_standard_error(f"\n{printable(message)}\n")
    return code

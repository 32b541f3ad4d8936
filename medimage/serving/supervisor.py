"""The process that starts the workers and starts them again: what becomes of a worker without it."""

import logging
import os
import signal
import threading
import time

_LOOK_SECONDS = 0.5

logger = logging.getLogger(__name__)


def end_with_supervisor() -> None:
    """Ends this process when the one that started it has ended, however it did.

    A worker whose supervisor was killed would go on answering at the port, where no other service could be started,
    and nobody would start it again. It ends as if it had been asked to: requests that it has taken on are answered.
    """
    supervisor = os.getppid()

    def watch() -> None:
        # An orphan is given to another parent (POSIX).
        while os.getppid() == supervisor:
            time.sleep(_LOOK_SECONDS)
        logger.error("The process that watched over this one has ended; this one ends as well.")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-supervisor", daemon=True).start()

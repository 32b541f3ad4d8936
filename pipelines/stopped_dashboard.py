"""What is left of a dashboard that was not stopped but ended, by a restart of the machine for instance."""

import logging
import os
import socket
from urllib.parse import urlsplit

from zenml.config.global_config import GlobalConfiguration
from zenml.enums import StoreType

logger = logging.getLogger(__name__)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 2.0


def leave_stopped_dashboard() -> None:
    """Goes back to the local store where ZenML would still ask a dashboard on this machine that is not there any more.

    While the dashboard runs, ZenML's settings name it as the server to work with. If it ends without being stopped,
    every later run would fail.
    """
    if os.environ.get("ZENML_STORE_URL"):
        return
    settings = GlobalConfiguration()
    store = settings.store_configuration
    address = urlsplit(store.url)
    if store.type != StoreType.REST or address.hostname not in _LOOPBACK:
        return
    try:
        with socket.create_connection((address.hostname, address.port or 80), timeout=_SECONDS):
            return
    except OSError:
        logger.warning("The dashboard at %s is not running any more: working with the local store again", store.url)
        settings.set_default_store()

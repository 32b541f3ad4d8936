"""Who is told where a schedule that systemd or cron starts finds no workspace, as when its disk is not mounted.

What a run needs lies in the workspace, and is gone with it. So those settings that alerts need lie in the folder of the
account as well, in a file that nobody else may read.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from medimage.errors import StorageError
from medimage.scheduling.alerts.alert_settings import PREFIX
from medimage.scheduling.kept_environment import keep_environment
from medimage.scheduling.machine_command import unique_name

_ON_THE_WAY = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    }
)


def alerts_file(name: str) -> Path:
    """Returns where the settings of a schedule's alerts lie, apart from its workspace.

    Raises:
        StorageError: If the account has no folder of its own.
    """
    try:
        home = Path.home()
    except RuntimeError as error:
        raise StorageError("Expected the account to have a folder of its own but it has none: set HOME.") from error
    # Not where XDG_CONFIG_HOME leads: what it is in the shell, systemd and cron do not know.
    return home / ".config" / "medimage" / f"{unique_name(name)}.json"


def keep_alerts(name: str, environment: Mapping[str, str]) -> None:
    """Writes what alerts of a schedule need, for its owner alone; nothing where none are set up.

    Raises:
        StorageError: If it cannot be written.
    """
    if not any(variable.startswith(PREFIX) for variable in environment):
        forget_alerts(name)
        return
    file = alerts_file(name)
    needed = {
        variable: value
        for variable, value in environment.items()
        if variable.startswith(PREFIX) or variable in _ON_THE_WAY
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Expected to make the folder {file.parent}, for who is told where the workspace is gone, but the system "
            f"says: {error.strerror}. Make it writable."
        ) from error
    keep_environment(file, needed)


def forget_alerts(name: str) -> None:
    """Removes what was kept of a schedule's alerts, if anything was."""
    # Where the account has no folder, or one that is none, nothing was kept.
    with suppress(StorageError, FileNotFoundError, NotADirectoryError):
        alerts_file(name).unlink()

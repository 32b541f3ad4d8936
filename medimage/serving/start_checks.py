"""What is made sure of before the service starts, so that it stops with one sentence instead of failing later."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from medimage.serving.model_files import MODEL_FOLDER, ModelFiles
from medimage.serving.refusal import ServiceNotStartedError
from medimage.serving.service_logs import ServiceLogs
from medimage.serving.settings import PREFIX, ServiceSettings

_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - compared with, and refused


def model_folder(settings: ServiceSettings) -> Path:
    """Returns the folder of the model's files: the one that is set, or the one beside this file in a Bento."""
    return settings.model_folder or Path(__file__).parent / MODEL_FOLDER


def check_start(environment: Mapping[str, str], *, host: str | None) -> None:
    """Makes sure that the service can be started as it is set up.

    Args:
        environment: Variables of the environment.
        host: Address that the server will listen at; None where that is not known.

    Raises:
        ServiceNotStartedError: If it cannot, with what to do.
    """
    settings = ServiceSettings.from_environment(environment)
    tokens = settings.access_tokens()
    files = ModelFiles.read(model_folder(settings))
    ServiceLogs.open(settings)
    if host is not None and not tokens and not settings.allow_anonymous and not _is_local(host):
        raise ServiceNotStartedError(
            f"The service would answer everybody who can reach {host}, without a token. Serve this machine alone with "
            f"`--host 127.0.0.1`, name who may call in {PREFIX}TOKENS or {PREFIX}TOKENS_FILE (NAME:TOKEN), or set "
            f"{PREFIX}ALLOW_ANONYMOUS=true where something else decides who may call."
        )
    _check_graph(files, threads=settings.threads_per_image)


def _check_graph(files: ModelFiles, *, threads: int | None) -> None:
    """Opens the graph: a worker process that cannot would be started again and again, with a traceback each time."""
    # The module of the service imports this one, and takes no part of what opens a graph before it has to.
    from medimage.serving.classifier import ImageClassifier, threads_per_image  # noqa: PLC0415

    try:
        ImageClassifier(files.onnx, threads=threads or threads_per_image())
    except ValueError as error:
        raise ServiceNotStartedError(
            f"{files.card['name']} {files.card['version']} is not served here. {error}"
        ) from error


def host_of_command(stated: str | None) -> str:
    """Returns the address that `bentoml serve` listens at.

    Args:
        stated: What its option `--host` or `BENTOML_HOST` says.
    """
    return stated or _EVERY_ADDRESS


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""What is told of a cluster that is away, or does not do what it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from urllib3.exceptions import HTTPError

from medimage.errors import MedimageError
from medimage.hidden_credentials import hide_credentials

_LONGEST = 300


@contextmanager
def cluster_errors_explained(orchestrator: str, *, context: str, namespace: str) -> Iterator[None]:
    """Tells errors of a cluster in one paragraph.

    Args:
        orchestrator: Name of ZenML's orchestrator.
        context: Its context of the kubeconfig.
        namespace: Its namespace.

    Raises:
        MedimageError: In place of whatever the clients of ZenML and Kubernetes raise.
    """
    try:
        yield
    except MedimageError:
        raise
    except Exception as error:
        status, cause = getattr(error, "status", None), getattr(error, "reason", None) or error
        if isinstance(error, HTTPError):
            told = f"it cannot be reached ({str(cause).rpartition(': ')[2]})"
        else:
            told = f"it answers {status} {cause}" if status else f"{type(error).__name__}: {error}"
        shown = hide_credentials(told).partition("\n")[0][:_LONGEST]
        raise MedimageError(
            f"The cluster of the orchestrator {orchestrator} (context {context}, namespace {namespace}) cannot be "
            f"used: {shown}. Check with kubectl --context {context} get cronjobs --namespace {namespace}."
        ) from error

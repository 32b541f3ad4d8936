"""All checks that need no orchestrator, in the order in which a person would look."""

from collections.abc import Iterator

from medimage.doctor.alerts import check_alerts
from medimage.doctor.credentials import check_credentials
from medimage.doctor.finding import Finding
from medimage.doctor.gpu import check_gpus
from medimage.doctor.interpreter import check_packages, check_python
from medimage.doctor.registry import check_registry
from medimage.doctor.room import check_memory, check_shared_memory, check_workspace


def examine() -> Iterator[Finding]:
    """Yields what each check found, as soon as it is known. Makes the folder of the workspace, and nothing else."""
    yield check_python()
    yield check_packages()
    yield from check_workspace()
    yield check_memory()
    shared = check_shared_memory()
    if shared:
        yield shared
    yield from check_gpus()
    yield from check_credentials()
    yield check_alerts()
    yield check_registry()

"""All checks that need no orchestrator, in the order in which a person would look."""

from collections.abc import Iterator

from medimage.doctor.alerts import check_alerts
from medimage.doctor.credentials import check_credentials
from medimage.doctor.databases import check_set_aside
from medimage.doctor.environment import check_environment
from medimage.doctor.finding import Finding
from medimage.doctor.gpu import check_gpus
from medimage.doctor.interpreter import check_packages, check_python
from medimage.doctor.registry import check_registry
from medimage.doctor.room import check_memory, check_shared_memory, check_temporary_folder, check_workspace
from medimage.workspace import workspace


def examine() -> Iterator[Finding]:
    """Yields what each check found, as soon as it is known. Makes the folder of the workspace, and nothing else."""
    yield check_python()
    yield check_packages()
    yield check_environment()
    yield from check_workspace()
    aside = check_set_aside(workspace())
    if aside:
        yield aside
    yield check_temporary_folder()
    yield check_memory()
    shared = check_shared_memory()
    if shared:
        yield shared
    yield from check_gpus()
    yield from check_credentials()
    yield check_alerts()
    yield check_registry()

"""Writes a pipeline down for Kubeflow without handing it over."""

from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.enums import StoreType
from zenml.orchestrators.utils import get_config_environment_vars
from zenml.utils.env_utils import get_runtime_environment


def write_compiled(snapshot: Any, path: Path) -> int:
    """Writes the specification that Kubeflow would be handed for a snapshot, and returns the number of its steps.

    Args:
        snapshot: ZenML's snapshot of a static pipeline on the active stack, which is one of Kubeflow's.
        path: The file; its name ends with .yaml.

    Raises:
        StackError: If pods would have no login at the ZenML server.
    """
    stack = Client().active_stack
    orchestrator: Any = stack.orchestrator
    # As ZenML gives them to an orchestrator.
    environment, secrets = get_config_environment_vars()
    if Client().zen_store.type != StoreType.REST:
        # A database of this machine, of which no pod knows.
        environment = {name: value for name, value in environment.items() if not name.startswith("ZENML_STORE_")}
    steps = snapshot.step_configurations
    environments = {
        name: {**environment, **secrets, **get_runtime_environment(config=step.config, stack=stack)}
        for name, step in steps.items()
    }
    orchestrator.write_specification(snapshot, path, environments=environments)
    return len(steps)

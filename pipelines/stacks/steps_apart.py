"""Whether the steps of the active stack run in processes or pods of their own."""

from zenml.client import Client


def steps_run_apart() -> bool:
    """Returns whether the active stack's orchestrator can give every step a process or pod of its own."""
    return Client().active_stack.orchestrator.can_run_isolated_steps

"""Whether ZenML's active stack has schedules of its own: ends with 0 where it has, else with 3."""

from medimage.exit_codes import call_and_exit
from pipelines.run_or_schedule import CLUSTER_SCHEDULES, NO_CLUSTER_SCHEDULES
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Looks at the stack's orchestrator."""
    open_zenml()
    # Imported here because it needs the database that was opened.
    from zenml.client import Client  # noqa: PLC0415

    return CLUSTER_SCHEDULES if Client().active_stack.orchestrator.config.is_schedulable else NO_CLUSTER_SCHEDULES


if __name__ == "__main__":
    call_and_exit(main)

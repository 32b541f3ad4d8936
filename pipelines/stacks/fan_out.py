"""In how many shares work is divided on the active stack."""

from medimage.config.stack.fan_out import FanOutConfig
from pipelines.stacks.active import active_definition


def active_fan_out() -> FanOutConfig:
    """Returns what the definition of the active stack says; one share of everything where it has none.

    Raises:
        StackError: If the definition is that of another version of this project.
    """
    stack = active_definition()
    return FanOutConfig() if stack is None else stack.fan_out

"""Steps that do not depend on each other: side by side where the orchestrator can, one after the other where not."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from zenml.enums import StepRuntime
from zenml.execution.pipeline.dynamic.outputs import StepFuture
from zenml.steps import BaseStep

from pipelines.stacks.fan_out import active_fan_out
from pipelines.stacks.steps_apart import steps_run_apart
from steps.branch import step_id

_SECONDS: Final = 5.0
"""Time between two looks at branches that are waited for: each asks the ZenML server."""


def run_in_branch(step: BaseStep, *artifacts: Any, branch: str, **named: Any) -> Any:
    """Runs a step for one fold or candidate, beside those of the others where the orchestrator can.

    An orchestrator that gives every step a process or pod of its own starts it and goes on. The others run the steps
    of a dynamic pipeline as threads of one process: training that shares PyTorch's random numbers, threads and memory
    with other training is neither reproducible nor faster, and Ctrl-C would wait for it. There, the step is run to
    its end.

    Args:
        step: The step with its settings.
        *artifacts: Its inputs, which may be what this function gave.
        branch: Fold or candidate that it works for.
        **named: Inputs by name.

    Returns:
        The step's output, or the future of it; either is an input of further steps.
    """
    name = step_id(step.name, branch)
    if steps_run_apart():
        return step.with_options(runtime=StepRuntime.ISOLATED).submit(*artifacts, id=name, **named)
    return step(*artifacts, id=name, **named)


def await_turn(begun: Sequence[Iterable[Any]]) -> None:
    """Returns when another branch may begin: as long as too many are under way, not before one of them has ended.

    The time of a pod (`run_minutes`, `start_minutes`) begins when it is made, also where it waits for a GPU that
    another branch has. So it is not made before its turn, where the stack says how many there are.

    Args:
        begun: Outputs of every branch that was begun before.
    """
    at_once = active_fan_out().at_once
    while at_once is not None and sum(any(map(_is_under_way, outputs)) for outputs in begun) >= at_once:
        time.sleep(_SECONDS)


def _is_under_way(output: Any) -> bool:
    return isinstance(output, StepFuture) and output.running()


def finished(output: Any) -> Any:
    """Returns the output of a step of a branch when it is there.

    Raises:
        Exception: What the step failed with.
    """
    return output.result() if isinstance(output, StepFuture) else output


def all_finished(*outputs: Sequence[Any]) -> list[list[Any]]:
    """Returns the outputs of steps of all branches when every one of these steps has ended, well or not.

    A pipeline that ends at the first failure, or whose mode is not to continue after one, starts no further step of the
    other branches. What they come to is kept, so that the same command, started again, runs the steps of the branch
    that failed and no others.

    Args:
        *outputs: Outputs of one step each, one of every branch.

    Raises:
        Exception: What the first of them failed with, where one did.
    """
    failures: list[Exception] = []
    ended: list[list[Any]] = []
    for of_step in outputs:
        ended.append([])
        for output in of_step:
            try:
                ended[-1].append(finished(output))
            except Exception as error:
                failures.append(error)
    if failures:
        raise failures[0]
    return ended

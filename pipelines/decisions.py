"""What the end of a pipeline depends on: the steps after a decision are run where it is a yes."""

from collections.abc import Callable
from typing import Any, Final

from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from pipelines.static_form import add_condition, is_static


def _gate_passed(gate_report: GateReport) -> bool:
    return gate_report.verdict is Verdict.PASS


GATE_PASSED: Final = "gate_passed"

DECISIONS: Final[dict[str, Callable[[Any], bool]]] = {GATE_PASSED: _gate_passed}
"""What can be asked of an output, by name, so that a pod finds it again."""


def goes_on(artifact: Any, decision: str) -> bool:
    """Returns whether a pipeline is to go on with the steps that follow.

    Where steps are noted and not run, it goes on, and what follows is noted as run only where the decision is a yes.

    Args:
        artifact: The output that decides.
        decision: What is to be true of it.
    """
    if is_static():
        add_condition(artifact, decision)
        return True
    return DECISIONS[decision](artifact.load())

"""Which part of a pipeline run a step belongs to: a fold, a candidate, or the whole."""

from zenml import get_step_context

_SEPARATOR = "-"


def step_id(step_name: str, branch: str) -> str:
    """Returns the name of a step within its run.

    Args:
        step_name: Name of the step.
        branch: Fold or candidate that it works for.
    """
    return f"{step_name}{_SEPARATOR}{branch}"


def branch_of(step_id: str) -> str:
    """Returns the fold or candidate of a step by its name within the run; empty for one of the whole run.

    It is read off the name, because as a setting it would belong to the cache key: a candidate that gets another name
    is not trained again.
    """
    return step_id.partition(_SEPARATOR)[2]


def branch_run(run_name: str, branch: str) -> str:
    """Returns the name under which a fold or candidate logs; that of the whole run without one."""
    return f"{run_name}{_SEPARATOR}{branch}" if branch else run_name


def current_branch() -> str:
    """Returns the fold or candidate of the step that runs; empty for one of the whole run."""
    return branch_of(get_step_context().step_run.name)

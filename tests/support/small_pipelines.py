"""Pipelines of a step or two: one that ends, and one that waits until it is killed."""

import logging
import os
import time
import warnings

from zenml import pipeline, step


@step(enable_cache=False)
def finish() -> int:
    """Ends at once."""
    return 1


@step(enable_cache=False)
def wait(before: int) -> int:
    """Tells that it has begun, and does not end for a minute."""
    print("The step waits", flush=True)  # noqa: T201
    time.sleep(60)
    return before


@pipeline(enable_cache=False)
def waiting_pipeline() -> None:
    """Finishes a step and begins another one."""
    wait(finish())


@pipeline(enable_cache=False)
def finishing_pipeline() -> None:
    """Finishes its one step."""
    finish()


@step(enable_cache=True)
def give(number: int) -> int:
    """Gives a number, which later runs take from the cache."""
    return number


@pipeline(enable_cache=True)
def giving_pipeline(number: int) -> None:
    """Gives a number."""
    give(number)


@step(enable_cache=False)
def tell() -> int:
    """Logs as a library does, and warns."""
    logging.getLogger("some.library").warning("told with %s", os.environ["MY_TOKEN"])
    warnings.warn("an old interface", UserWarning, stacklevel=1)
    return 1


@pipeline(enable_cache=False, dynamic=True)
def telling_pipeline() -> None:
    """Logs and warns."""
    tell()

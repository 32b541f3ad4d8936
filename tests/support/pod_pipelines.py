"""A dynamic pipeline of three steps that share nothing but what they hand on; named as three of the project's."""

import os
import time
from pathlib import Path
from typing import Annotated

from zenml import pipeline, step

from pipelines.bound_step import bind

BEGUN = "The work begins"
SECONDS = 4
"""How long the second step takes, so that it can be killed meanwhile."""


@step(name="download_dataset")
def make(number: int) -> Annotated[int, "number"]:
    """Leaves a file in the workspace of its pod, and hands a number on."""
    home = Path(os.environ["MEDIMAGE_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "left-behind").touch()
    return number


@step(name="train_stage2")
def look(number: int) -> Annotated[list[str], "seen"]:
    """Tells what it sees of the step before, and of its pod."""
    print(BEGUN, flush=True)  # noqa: T201
    time.sleep(SECONDS)
    home = Path(os.environ["MEDIMAGE_HOME"])
    return [str(number), *(path.name for path in home.glob("left-behind")), os.environ["PLAIN"], os.environ["HIDDEN"]]


@step(name="package_bento")
def close(seen: list[str]) -> Annotated[str, "told"]:
    """Ends the pipeline."""
    return " ".join(seen)


@pipeline(name="pods", dynamic=True, enable_cache=False)
def pods_pipeline(number: int) -> None:
    """Makes, looks, and closes."""
    seen = bind(look)(bind(make, number=number)())
    bind(close)(seen)

"""A dynamic pipeline of three steps that share nothing but what they hand on."""

import os
from pathlib import Path
from typing import Annotated

from zenml import pipeline, step

from pipelines.bound_step import bind
from pipelines.stacks.active import run_options
from pipelines.zenml_database import open_zenml


@step
def make(number: int) -> Annotated[int, "number"]:
    """Leaves a file where only this pod can see it, and hands a number on."""
    Path(os.environ["MEDIMAGE_HOME"]).mkdir(parents=True, exist_ok=True)
    Path(os.environ["MEDIMAGE_HOME"], "left-behind").touch()
    return number


@step
def look(number: int) -> Annotated[list[str], "seen"]:
    """Tells what it sees of the step before, and begins work that takes its time."""
    print("The work begins", flush=True)  # noqa: T201
    home = Path(os.environ["MEDIMAGE_HOME"])
    return [str(number), *(path.name for path in home.glob("left-behind")), os.environ.get("PLAIN", "")]


@step
def close(seen: list[str]) -> Annotated[str, "told"]:
    """Ends the pipeline."""
    return " ".join(seen)


@pipeline(name="pods", dynamic=True, enable_cache=False)
def pods_pipeline(number: int) -> None:
    """Makes, looks, and closes."""
    seen = bind(look)(bind(make, number=number)())
    bind(close)(seen)


if __name__ == "__main__":
    open_zenml()
    pods_pipeline.with_options(**run_options())(number=7)

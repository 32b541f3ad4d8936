"""Writes a pipeline as the specification that Kubeflow Pipelines takes, without asking any cluster.

`python -m pipelines.compile_kubeflow PIPELINE --out FILE [--stack FILE] [arguments of the pipeline's own command]`
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from medimage.config.stack.loading import load_stack
from medimage.config.stack.stack import StackConfig
from medimage.errors import ConfigurationError, StackError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.zenml_database import open_zenml

PIPELINES: Final = ("train", "cross-validation", "experiment", "evaluation", "inference", "monitor", "retrain")
_FILES_OF_RUNS: Final = ("--summary", "--report", "--evidently")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    pipeline: str
    out: Path
    stack: StackConfig | None
    words: list[str]


def main() -> int:
    """Reads the command line, writes the specification, and returns the exit code.

    Raises:
        ConfigurationError: If the command line, the stack's file or a configuration file is wrong.
        StackError: If the stack is none of Kubeflow's, a package is missing, or the pipeline must look at what a step
            gave before the next ones are known.
        StorageError: If the workspace cannot be written to.
    """
    asked = _read_arguments()
    if find_spec("kfp") is None:
        raise StackError(
            "kfp, which writes the specification, is missing here: pip install 'medimage[kubernetes,kubeflow]'."
        )
    require_writable_workspace()
    with _zenml_of(asked.stack):
        # Imported here, as below, because it needs ZenML, which takes seconds to import.
        from pipelines.static_form import require_static_form  # noqa: PLC0415

        require_static_form(asked.pipeline.replace("-", "_"))
        sys.argv[1:] = asked.words
        number = _write(import_module(f"pipelines.{asked.pipeline.replace('-', '_')}_pipeline").main, asked.out)
    own = "" if asked.stack is None else (
        " It is for a look: the ZenML server does not know it. Without --stack, the one that is written can be handed "
        "to Kubeflow."
    )  # fmt: skip
    sys.stdout.write(f"Wrote {asked.out}: the pipeline {asked.pipeline} with {number} steps.{own}\n")
    return PASSED


def _read_arguments() -> _Asked:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.compile_kubeflow",
        description="Writes a pipeline as the specification that Kubeflow Pipelines takes, without asking any cluster. "
        "All further arguments are those of the pipeline's own command.",
        allow_abbrev=False,
    )
    parser.add_argument("pipeline", choices=PIPELINES, metavar="PIPELINE", help=", ".join(PIPELINES))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write; it ends with .yaml")
    parser.add_argument(
        "--stack",
        type=Path,
        metavar="FILE",
        help="definition of the stack, such as configs/stacks/kubeflow.yaml, for a look at what would be run; the "
        "active stack when not given",
    )
    given, words = parser.parse_known_args()
    if given.out.suffix != ".yaml":
        raise ConfigurationError(f"--out: expected a file whose name ends with .yaml but got {given.out}")
    if given.out.is_dir() or not given.out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out: {given.out} is a folder, or lies in one that is not there")
    written = sorted({word.partition("=")[0] for word in words} & set(_FILES_OF_RUNS))
    if written:
        raise ConfigurationError(f"{', '.join(written)}: nothing is run, so nobody would write it")
    stack = None if given.stack is None else load_stack(given.stack)
    if stack is not None and stack.kind != "kubeflow":
        raise ConfigurationError(f"--stack: expected a stack of the kind kubeflow but {given.stack} is {stack.kind}")
    return _Asked(pipeline=given.pipeline, out=given.out, stack=stack, words=words)


@contextmanager
def _zenml_of(stack: StackConfig | None) -> Iterator[None]:
    """Opens a ZenML whose active stack is of Kubeflow: the user's, or an empty one with a stack from its definition."""
    if stack is None:
        open_zenml()
        from pipelines.stacks.active import active_definition  # noqa: PLC0415

        active = active_definition()
        if active is None or active.kind != "kubeflow":
            raise StackError(
                "The active stack is none of Kubeflow: register one with python -m pipelines.register_stack --stack "
                "configs/stacks/kubeflow.yaml, or give its definition here with --stack."
            )
        yield
        return
    with tempfile.TemporaryDirectory(prefix="medimage-compile-") as folder:
        for name in [name for name in os.environ if name.startswith("ZENML_STORE_")]:
            del os.environ[name]
        os.environ |= {
            "ZENML_CONFIG_PATH": folder,
            "ZENML_LOCAL_STORES_PATH": f"{folder}/stores",
            # It would tell at length that this database is none for pods, and has no secrets.
            "ZENML_LOGGING_VERBOSITY": "ERROR",
            "ZENML_SECRET_VALIDATION_LEVEL": "NONE",
        }
        open_zenml()
        from zenml.client import Client  # noqa: PLC0415

        from pipelines.stacks.register import register_stack  # noqa: PLC0415

        # Pods ask the server for secrets by the stack's own list, which is no part of a specification.
        for _ in register_stack(stack.model_copy(update={"secrets": ()})):
            pass
        Client().activate_stack(stack.name)
        yield


def _write(command: Any, path: Path) -> int:
    """Writes down what a command would run, and returns how many steps that are."""
    from pipelines.stacks.kubeflow.compiled import write_compiled  # noqa: PLC0415
    from pipelines.static_form import NotRunError, written_down  # noqa: PLC0415

    numbers = []
    try:
        with written_down(lambda snapshot: numbers.append(write_compiled(snapshot, path))):
            command()
    except NotRunError:
        return numbers[0]
    raise StackError("The command has run no pipeline, so there is nothing to write.")


if __name__ == "__main__":
    call_and_exit(main)

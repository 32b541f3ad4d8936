"""Registers a stack from its definition with ZenML, and makes it the one that runs use.

`python -m pipelines.register_stack --stack FILE [--no-activate]`
"""

import argparse
import sys
from pathlib import Path

from medimage.config.stack.loading import load_stack
from medimage.exit_codes import PASSED, call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, registers the stack, and returns the exit code.

    Raises:
        ConfigurationError: If the definition is wrong.
        StackError: If something that the stack needs is missing.
        StorageError: If the workspace cannot be written to.
    """
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.register_stack",
        description="Registers a stack from its definition with ZenML, and makes it the one that runs use. What is "
        "there already and has not changed is left as it is.",
    )
    parser.add_argument(
        "--stack", type=Path, required=True, metavar="FILE", help="definition, such as configs/stacks/local.yaml"
    )
    parser.add_argument("--no-activate", action="store_true", help="leave the active stack as it is")
    arguments = parser.parse_args()

    stack = load_stack(arguments.stack)
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, which a wrong file must not wait for.
    from zenml.client import Client  # noqa: PLC0415

    from pipelines.stacks.checks import require_no_problems  # noqa: PLC0415
    from pipelines.stacks.register import register_stack  # noqa: PLC0415

    require_no_problems(stack)
    for line in register_stack(stack):
        sys.stdout.write(f"{line}\n")
    if not arguments.no_activate:
        Client().activate_stack(stack.name)
        sys.stdout.write(f"Runs use the stack {stack.name} from now on.\n")
    return PASSED


if __name__ == "__main__":
    call_and_exit(main)

"""Runs a notebook of the documentation from top to bottom, and keeps what came of it.

`python -m documentation.run_notebook docs/tutorials/NAME.ipynb [--out FILE]`
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from medimage.workspace import WORKSPACE_VARIABLE, project_root

_SECONDS_PER_CELL = 3600


def run_notebook(source: Path, *, folder: Path) -> NotebookNode:
    """Returns the notebook with the outputs of a new run.

    Args:
        source: The notebook; its outputs are not looked at.
        folder: Where it runs: an empty folder, which becomes its workspace too.
    """
    notebook = nbformat.read(source, as_version=4)
    # A kernel inherits the environment; what the reader has set for other work must not reach it.
    before = dict(os.environ)
    os.environ.update({WORKSPACE_VARIABLE: str(folder / ".medimage"), "PYTHONPATH": str(project_root())})
    for name in ("ZENML_CONFIG_PATH", "MLFLOW_TRACKING_URI", "BENTOML_HOME"):
        os.environ.pop(name, None)
    try:
        client = NotebookClient(
            notebook,
            timeout=_SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=False,
            record_timing=False,
        )
        client.execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    return notebook


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line, runs the notebook, and writes it with its outputs."""
    parser = argparse.ArgumentParser(prog="python -m documentation.run_notebook", description=__doc__)
    parser.add_argument("notebook", type=Path, metavar="FILE", help="the notebook")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where it goes; in its own place when not given")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        notebook = run_notebook(chosen.notebook, folder=Path(folder))
    nbformat.write(notebook, chosen.out or chosen.notebook)
    return 0


if __name__ == "__main__":
    sys.exit(main())

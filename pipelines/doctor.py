"""Looks at this machine before a run does: versions, room, GPUs, credentials and servers, and says what to do.

`medimage doctor [--summary FILE] [--json]`: 0 where every run can begin, 1 where something keeps one from it.
"""

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from medimage.doctor.databases import check_databases
from medimage.doctor.examination import examine
from medimage.doctor.finding import Finding, State, fine
from medimage.errors import MedimageError
from medimage.exit_codes import ERROR, PASSED, call_and_exit
from medimage.hidden_credentials import hide_credentials
from medimage.whole_file import write_whole
from medimage.workspace import configure_environment, mlflow_database
from pipelines.zenml_database import is_zenml_set_up, open_zenml, workspace_database

_SIGNS = {State.FINE: "  ok", State.NOTE: "note", State.PROBLEM: " BAD"}


def run(summary: Path | None = None, *, as_json: bool = False) -> int:
    """Looks at everything, tells each finding as soon as it is there, and returns the exit code.

    Args:
        summary: File for all findings as JSON.
        as_json: Whether they are told as JSON, all together in the end.
    """
    configure_environment()
    found = []
    for finding in _all():
        found.append(finding)
        if as_json:
            continue
        sys.stdout.write(f"{_SIGNS[finding.state]}  {finding.subject}: {finding.told}\n")
        if finding.advice:
            sys.stdout.write(f"      {finding.advice}\n")
        sys.stdout.flush()
    text = json.dumps([finding.to_dict() for finding in found], indent=2, ensure_ascii=as_json)
    if summary is not None:
        write_whole(summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    problems = sum(finding.state is State.PROBLEM for finding in found)
    if as_json:
        sys.stdout.write(f"{text}\n")
        return ERROR if problems else PASSED
    sys.stdout.write(f"\n{problems} problems.\n" if problems else "\nNothing keeps a run from beginning.\n")
    return ERROR if problems else PASSED


def _all() -> Iterator[Finding]:
    yield from examine()
    yield from _databases()
    # ZenML says what it sets up on standard output, where others read what was found.
    with redirect_stdout(sys.stderr):
        zenml = _zenml()
    yield zenml
    if zenml.state is State.FINE and is_zenml_set_up():
        yield from _stack()


def _databases() -> Iterator[Finding]:
    """Looks at the databases that lie in the workspace; those of servers are theirs to look at."""
    files = [workspace_database(), mlflow_database()]
    if not any(file.is_file() for file in files):
        return
    from pipelines.schema_revisions import known_revisions  # noqa: PLC0415 - Alembic takes a second to import

    known = known_revisions()
    yield from check_databases({file: known[file.name] for file in files if file.is_file()})


def _zenml() -> Finding:
    if not is_zenml_set_up():
        return fine("ZenML", "no database yet: the first run makes it")
    # Imported here because these take seconds.
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from zenml.exceptions import ZenMLBaseException  # noqa: PLC0415

    ends = (MedimageError, ZenMLBaseException, SQLAlchemyError, sqlite3.Error, RuntimeError, OSError, LookupError)
    try:
        open_zenml()
        # Imported here because it takes seconds, and needs the database that was opened.
        from zenml.client import Client  # noqa: PLC0415

        client = Client()
        stack, store = client.active_stack_model, client.zen_store
        parts = ", ".join(f"{kind.value.replace('_', ' ')} {one[0].name}" for kind, one in stack.components.items())
        return fine("ZenML", f"stack {stack.name} ({parts}) at {hide_credentials(store.url)}")
    except (*ends, ValueError) as error:
        told, _, advice = str(error).partition(". ")
        return Finding(
            subject="ZenML",
            state=State.PROBLEM,
            told=hide_credentials(told),
            advice=advice or "Check ZENML_STORE_URL and the server, or `zenml stack list` where a stack is named.",
        )


def _stack() -> Iterator[Finding]:
    """Looks at what the active stack needs, where it was registered from a definition."""
    from pipelines.stacks.active import active_definition  # noqa: PLC0415
    from pipelines.stacks.checks import stack_problems  # noqa: PLC0415

    try:
        stack = active_definition()
        problems = [] if stack is None else stack_problems(stack)
    except MedimageError as error:
        told, _, advice = str(error).partition(". ")
        yield Finding(subject="stack", state=State.PROBLEM, told=told, advice=advice)
        return
    for problem in problems:
        told, _, advice = hide_credentials(problem).rpartition("; ")
        yield Finding(subject="stack", state=State.PROBLEM, told=told, advice=advice)
    if stack is not None and stack.kind != "local" and not problems:
        yield fine("stack", f"cluster, artifact store, tracking server and secrets of {stack.name} are there")


def main() -> int:
    """Reads the command line and looks at the machine."""
    parser = argparse.ArgumentParser(
        prog="medimage doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write all findings to FILE as JSON")
    parser.add_argument("--json", action="store_true", help="tell all findings as JSON, on standard output")
    arguments = parser.parse_args()
    return run(arguments.summary, as_json=arguments.json)


if __name__ == "__main__":
    call_and_exit(main)

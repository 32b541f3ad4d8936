"""`python -m benchmarks list` and `python -m benchmarks run NAME...|all`."""

import argparse
import datetime
import importlib
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import benchmarks
from benchmarks.support.measurement import Measurement, NotMeasuredError, machine

RESULTS = Path(__file__).parent / "results"


def names() -> list[str]:
    """Returns the names of all benchmarks."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if not module.ispkg and module.name != "__main__"
    )


def main() -> int:
    """Lists or runs benchmarks; returns 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name every benchmark with its claim")
    run = commands.add_parser("run", help="run benchmarks; `all` also writes a table of the results")
    run.add_argument("names", nargs="+", choices=[*names(), "all"], metavar="NAME")
    arguments = parser.parse_args()
    if arguments.command == "list":
        for name in names():
            print(f"{name:24} {(_module_doc(name) or '').splitlines()[0]}")
        return 0
    chosen = names() if "all" in arguments.names else arguments.names
    results = [result for name in chosen if (result := _run(name)) is not None]
    if "all" in arguments.names:
        _write_table(results)
    for result in results:
        print(result.to_json())
    return 0 if all(result.ok for result in results) else 1


def _module_doc(name: str) -> str | None:
    return importlib.import_module(f"benchmarks.{name}").__doc__


def _run(name: str) -> Measurement | None:
    measure: Callable[[], Measurement] = importlib.import_module(f"benchmarks.{name}").measure
    try:
        result = measure()
    except NotMeasuredError as error:
        print(f"{name}: not measured: {error}")
        return None
    for line in result.details:
        print(line)
    return result


def _write_table(results: list[Measurement]) -> None:
    RESULTS.mkdir(exist_ok=True)
    lines = [
        "# Benchmark results",
        "",
        f"{datetime.datetime.now(tz=datetime.UTC).date().isoformat()}, {machine()}",
        "",
        "| claim | measured | target | unit | holds |",
        "|---|---:|---:|---|---|",
    ]
    lines += [
        f"| {result.name} | {result.measured:.4g} | {'≤' if result.direction == 'at_most' else '≥'} {result.target:g} "
        f"| {result.unit} | {'yes' if result.ok else 'no'} |"
        for result in results
    ]
    (RESULTS / "latest.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

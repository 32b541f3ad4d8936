"""Which runs and artifacts nothing refers to: all others are kept, whatever their age."""

import datetime
from dataclasses import dataclass
from typing import Final

from medimage.cleaning.run_graph import RecordedRun, RunGraph

KEPT_KINDS: Final = frozenset({"locked_test_set", "evaluation"})
"""Artifacts that are kept for ever: later runs test on locked test sets, and by the evaluations they count how many
models have seen one. Both are small."""


@dataclass(frozen=True, kw_only=True)
class Unreferenced:
    """What can go.

    Attributes:
        runs: Identifiers of runs.
        artifacts: Identifiers of artifacts that no other run uses.
    """

    runs: frozenset[str]
    artifacts: frozenset[str]


def find_unreferenced(graph: RunGraph, *, before: datetime.datetime) -> Unreferenced:
    """Finds old runs that no registered model, no model version and no kept run refers to, and what only they used.

    A run that is kept keeps those that it took steps from the cache of: without them, the orchestrator would not find
    these steps again, and a later run would have to repeat them.

    Args:
        graph: All runs and artifacts, read while nothing else can begin.
        before: What was active since is kept.
    """
    owner = {step.identifier: run for run in graph.runs for step in run.steps}
    kept: dict[str, RecordedRun] = {}
    waiting = [run for run in graph.runs if _is_root(run, graph, before=before)]
    while waiting:
        run = waiting.pop()
        if run.identifier in kept:
            continue
        kept[run.identifier] = run
        origins = (owner.get(step.taken_from) for step in run.steps if step.taken_from is not None)
        waiting.extend(origin for origin in origins if origin is not None)
    used = frozenset[str]().union(*(run.used for run in kept.values()))
    return Unreferenced(
        runs=frozenset(run.identifier for run in graph.runs) - frozenset(kept),
        artifacts=frozenset(
            each.identifier
            for each in graph.artifacts
            if not (each.is_linked or each.kind in KEPT_KINDS or each.made >= before or each.identifier in used)
        ),
    )


def _is_root(run: RecordedRun, graph: RunGraph, *, before: datetime.datetime) -> bool:
    return not run.is_over or run.last_active >= before or run.is_linked or graph.is_mentioned(run.name)

"""All runs and artifacts that ZenML keeps in the workspace, as a graph of who uses what."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from zenml.client import Client
from zenml.models import ArtifactVersionResponse, PipelineRunResponse, StepRunResponse
from zenml.utils.pagination_utils import depaginate

from medimage.cleaning.run_graph import RecordedArtifact, RecordedRun, RecordedStep, RunGraph

_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class RecordedRuns:
    """What ZenML keeps.

    Attributes:
        graph: Who uses what.
        addresses: Where each artifact lies, by its identifier.
        logs: Where the logs of each run lie, by its identifier.
        sources: Sections `data` of the configurations whose images each run has read, by its identifier.
    """

    graph: RunGraph
    addresses: dict[str, str]
    logs: dict[str, tuple[str, ...]]
    sources: dict[str, tuple[dict[str, Any], ...]]


def read_recorded_runs(mentions: frozenset[str]) -> RecordedRuns:
    """Reads all runs, their steps and artifacts.

    Args:
        mentions: Texts of the model registry that may name runs.
    """
    client = Client()
    linked_runs, linked_artifacts = _linked(client)
    runs, logs, sources = [], {}, {}
    for run in depaginate(client.list_pipeline_runs, size=_PAGE, hydrate=True):
        steps = list(depaginate(client.list_run_steps, pipeline_run_id=run.id, size=_PAGE, hydrate=True))
        runs.append(_recorded(run, steps, is_linked=run.id in linked_runs))
        logs[str(run.id)] = tuple(_logs(run, steps))
        sources[str(run.id)] = tuple(data for step in steps if (data := _source(step)) is not None)
    artifacts = list(depaginate(client.list_artifact_versions, size=_PAGE, hydrate=True))
    graph = RunGraph(
        runs=tuple(runs),
        artifacts=tuple(
            RecordedArtifact(
                identifier=str(each.id),
                kind=each.artifact.name,
                made=_utc(each.created),
                is_linked=each.id in linked_artifacts,
            )
            for each in artifacts
        ),
        mentions=mentions,
    )
    return RecordedRuns(
        graph=graph, addresses={str(each.id): each.uri for each in artifacts}, logs=logs, sources=sources
    )


def _recorded(run: PipelineRunResponse, steps: Iterable[StepRunResponse], *, is_linked: bool) -> RecordedRun:
    times = (run.created, run.start_time, run.end_time)
    return RecordedRun(
        identifier=str(run.id),
        name=run.name,
        last_active=max(_utc(time) for time in times if time is not None),
        is_over=run.status.is_finished,
        steps=tuple(
            RecordedStep(
                identifier=str(step.id),
                taken_from=None if step.original_step_run_id is None else str(step.original_step_run_id),
                artifacts=frozenset(str(each.id) for each in _artifacts(step)),
            )
            for step in steps
        ),
        artifacts=frozenset(str(each.id) for each in run.outputs.values()),
        is_linked=is_linked,
    )


def _artifacts(step: StepRunResponse) -> Iterable[ArtifactVersionResponse]:
    for given in (step.inputs, step.outputs):
        for versions in given.values():
            yield from versions


def log_addresses(client: Client, run: PipelineRunResponse) -> tuple[str, ...]:
    """Returns where the logs of a run and of its steps lie."""
    steps = depaginate(client.list_run_steps, pipeline_run_id=run.id, size=_PAGE, hydrate=True)
    return tuple(_logs(run, steps))


def _logs(run: PipelineRunResponse, steps: Iterable[StepRunResponse]) -> Iterable[str]:
    for one in (run, *steps):
        yield from (log.uri for log in one.log_collection or () if log.uri)


def _source(step: StepRunResponse) -> dict[str, Any] | None:
    """Returns the section `data` that a step has read images by; None for a step that reads none."""
    data = step.config.parameters.get("data")
    return data if isinstance(data, dict) and "source" in data else None


def _linked(client: Client) -> tuple[set[UUID], set[UUID]]:
    """Returns the runs and artifacts that a version of a model in ZenML's Model Control Plane names."""
    runs: set[UUID] = set()
    artifacts: set[UUID] = set()
    for model in depaginate(client.list_models, size=_PAGE):
        for version in depaginate(client.list_model_versions, model=model.id, size=_PAGE):
            links = depaginate(client.list_model_version_artifact_links, model_version_id=version.id, size=_PAGE)
            artifacts |= {link.artifact_version.id for link in links}
            of_runs = depaginate(client.list_model_version_pipeline_run_links, model_version_id=version.id, size=_PAGE)
            runs |= {link.pipeline_run.id for link in of_runs}
    return runs, artifacts


def _utc(time: datetime.datetime) -> datetime.datetime:
    """Returns a time of ZenML, which are in UTC and do not say so."""
    return time.replace(tzinfo=datetime.UTC) if time.tzinfo is None else time.astimezone(datetime.UTC)


def folder_of(address: str) -> Path | None:
    """Returns the local path of an address in an artifact store; None for one elsewhere."""
    return None if "://" in address else Path(address)

"""Everything in the workspace that nothing refers to any more, from ZenML's runs to folders on the disk."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medimage.cleaning.garbage import Findings, Garbage, Kept, Kind
from medimage.cleaning.run_graph import RecordedRun
from medimage.cleaning.trees import size_of
from medimage.cleaning.unreferenced import find_unreferenced
from medimage.cleaning.workspace_folders import (
    find_old_checkpoints,
    find_old_downloads,
    find_old_run_folders,
    find_old_work,
)
from medimage.config.data import DataConfig
from medimage.data.sources.archive import archive_hash
from medimage.data.sources.kaggle.dataset import dataset_folder
from medimage.errors import MedimageError
from medimage.registry.mentions import registry_mentions
from medimage.retraining.begun import begun_retrainings
from medimage.scheduling.stored_schedules import stored_names
from medimage.workspace import workspace
from pipelines.recorded_runs import RecordedRuns, folder_of, read_recorded_runs
from pipelines.zenml_database import is_zenml_set_up


def find_garbage(*, before: datetime.datetime) -> Findings:
    """Finds what is older than a time and referred to by no registered model, kept run, schedule or locked test set.

    Args:
        before: What was used since stays.

    Raises:
        RegistryError: If the registry cannot be asked.
    """
    mentions = registry_mentions() | {begun.run for begun in begun_retrainings()}
    parts = [find_old_work(before=before)]
    if not is_zenml_set_up():
        # Without records of runs, nobody knows which have read a download, or what a folder of a run is of.
        return _joined(parts)
    recorded = read_recorded_runs(mentions)
    unreferenced = find_unreferenced(recorded.graph, before=before)
    kept_runs = [run for run in recorded.graph.runs if run.identifier not in unreferenced.runs]
    gone = {run.name for run in recorded.graph.runs} - {run.name for run in kept_runs}
    kept_names = {run.name for run in kept_runs}
    parts += [
        Findings(
            garbage=(*_runs(recorded, unreferenced.runs), *_artifacts(recorded, unreferenced.artifacts)),
            kept=tuple(_kept_runs(kept_runs, recorded, before=before)),
        ),
        find_old_run_folders(
            before=before,
            gone=gone,
            is_kept=lambda name: name in kept_names or recorded.graph.is_mentioned(name),
        ),
        find_old_downloads(before=before, needed=_needed_downloads(kept_runs, recorded), schedules=stored_names()),
    ]
    checkpoints = _checkpoints()
    if checkpoints is not None:
        parts.append(find_old_checkpoints(checkpoints, before=before))
    return _joined(parts)


def _runs(recorded: RecordedRuns, identifiers: frozenset[str]) -> Iterator[Garbage]:
    for run in recorded.graph.runs:
        if run.identifier in identifiers:
            logs = [folder for address in recorded.logs[run.identifier] if (folder := folder_of(address)) is not None]
            yield Garbage(
                kind=Kind.RUN,
                name=run.name,
                place="",
                size=sum(size_of(log) for log in logs),
                last_used=run.last_active,
                identifier=run.identifier,
            )


def _artifacts(recorded: RecordedRuns, identifiers: frozenset[str]) -> Iterator[Garbage]:
    for artifact in recorded.graph.artifacts:
        folder = folder_of(recorded.addresses[artifact.identifier])
        # One in a store elsewhere may be of use to others, which nobody here can know.
        if artifact.identifier in identifiers and folder is not None:
            yield Garbage(
                kind=Kind.ARTIFACT,
                name=artifact.kind,
                place=str(folder),
                size=size_of(folder),
                last_used=artifact.made,
                identifier=artifact.identifier,
            )


def _kept_runs(runs: list[RecordedRun], recorded: RecordedRuns, *, before: datetime.datetime) -> Iterator[Kept]:
    for run in runs:
        if run.last_active >= before:
            continue
        if not run.is_over:
            reason = "it has not ended"
        elif run.is_linked or recorded.graph.is_mentioned(run.name):
            reason = "a registered model, or a retraining that is not finished, refers to it"
        else:
            reason = "a run that is kept took steps of it from the cache"
        yield Kept(name=run.name, reason=reason)


def _needed_downloads(runs: list[RecordedRun], recorded: RecordedRuns) -> frozenset[Path]:
    found = (_download(data) for run in runs for data in recorded.sources[run.identifier])
    return frozenset(folder for folder in found if folder is not None)


def _download(section: dict[str, Any]) -> Path | None:
    """Returns the folder that a section `data` was read from; None where it is none of the workspace's downloads."""
    cache = workspace() / "downloads"
    try:
        data = DataConfig.model_validate(section)
        if data.source == "kaggle" and data.kaggle.version is not None:
            return dataset_folder(str(data.kaggle.dataset), data.kaggle.version, cache=cache)
        if data.source == "archive" and data.path is not None and data.path.is_file():
            return cache / "archives" / archive_hash(data.path, cache=cache)[:32]
    except (ValueError, MedimageError):
        # Of another version of the project, or of an archive that cannot be read any more: no step finds it again.
        return None
    return None


def _checkpoints() -> Path | None:
    """Returns the folder of the checkpoints, where it is on this machine."""
    from steps.stored_checkpoints import open_checkpoints  # noqa: PLC0415 - after ZenML's database is open

    return folder_of(open_checkpoints("").root)


def _joined(parts: list[Findings]) -> Findings:
    order = list(Kind)
    garbage = sorted((each for part in parts for each in part.garbage), key=lambda each: order.index(each.kind))
    return Findings(garbage=tuple(garbage), kept=tuple(each for part in parts for each in part.kept))

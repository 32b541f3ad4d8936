"""What the steps of a run gave, whichever pipeline it was: of one model, of folds, or of candidates."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evidence.bound_file import StoredFile
from medimage.hidden_credentials import hide_credentials
from medimage.models.trained_model import TrainedModel, weight_file_names
from medimage.registry.registered_version import RegisteredVersion
from medimage.workspace import workspace
from pipelines.run_outcome import ENDED_WELL, step_statuses
from pipelines.run_snapshot import RunSnapshot
from steps.branch import branch_of, step_id

_EVALUATIONS: Final = ("evaluate_model", "judge_registered_model")
_GATES: Final = ("medical_validation_gate", "judge_folds", "judge_registered_model")
_PROMOTIONS: Final = ("promote_model", "promote_ensemble", "register_challenger")


@dataclass(frozen=True, kw_only=True)
class RunOutputs:
    """Artifacts of a run by the fold, candidate or model that they are of; by an empty name where they are of all.

    Attributes:
        images: All images.
        splits: How they were divided; empty where all of them were judged.
        evaluations: What was measured of each model.
        judged: Verdict, and the evaluation that it rests on: of folds, that of all out-of-fold predictions.
        weights: The weights that were judged, which lie in the artifact store.
        registered: The registered version; None where nothing was registered.
    """

    images: ImageTable
    splits: Mapping[str, Split]
    evaluations: Mapping[str, Evaluation]
    judged: Mapping[str, tuple[GateReport, Evaluation]]
    weights: tuple[StoredFile, ...]
    registered: RegisteredVersion | None

    @classmethod
    def of(cls, run: RunSnapshot) -> Self:
        """Loads them from the artifact store; steps that did not come to their end gave nothing.

        Args:
            run: A run that came to a verdict.
        """
        ended = [name for name, step in step_statuses(run).items() if step["status"] in ENDED_WELL]

        def load(output: str, *steps: str) -> dict[str, Any]:
            return {
                branch_of(name): run.steps[name].outputs[output][0].load() for name in ended if _step_of(name) in steps
            }

        evaluations, pooled = load("evaluation", *_EVALUATIONS), load("evaluation", "pool_folds")
        weights = [_judged_weights(run, name) for name in ended if _step_of(name) == "train_stage2"]
        # A retraining works on the configured images with new ones among them.
        images = {**load("images", "download_dataset"), **load("images", "merge_new_data")}
        return cls(
            images=images[""],
            splits=load("split", "split_dataset"),
            evaluations=evaluations,
            judged={
                branch: (gate_report, {**evaluations, **pooled}[branch])
                for branch, gate_report in load("gate_report", *_GATES).items()
            },
            weights=tuple(weights),
            registered=load("registered", *_PROMOTIONS).get(""),
        )


def _step_of(name: str) -> str:
    """Returns the step of a name within a run, without its fold or candidate."""
    branch = branch_of(name)
    return name.removesuffix(step_id("", branch)) if branch else name


def _judged_weights(run: RunSnapshot, step: str) -> StoredFile:
    artifact = run.steps[step].outputs["model"][0]
    model: TrainedModel = artifact.load()
    name, _ = weight_file_names(model.spec.name)
    return StoredFile(
        name=name,
        role="weights",
        size=len(model.weights),
        sha256=hashlib.sha256(model.weights).hexdigest(),
        place=_place(artifact.uri),
    )


def _place(uri: str) -> str:
    """Returns where an artifact lies, below the workspace where it does; evidence may leave this machine."""
    path, home = Path(uri), workspace()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else hide_credentials(uri)

"""One candidate on its way: judged by its own answers, then timed beside the others."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.config.reduced_precision import ReducedPrecision, ReducedPrecisionConfig
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.precision.candidate import Agreement, PrecisionCandidate
from medimage.export.precision.resemblance import Resemblance
from medimage.export.precision.sensitivity_change import SensitivityChange, measure_changes
from medimage.export.precision.speed import Speed
from medimage.registry.evidence import evidence_hash
from medimage.serving.model_metadata import FULL_PRECISION

_NOT_TIMED: Final = "it was not timed"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A candidate with its graph and what was measured of it; None where it could not be made or run.

    Attributes:
        candidate: What is told of it.
        onnx: The graph.
        evaluation: What was measured of its answers.
    """

    candidate: PrecisionCandidate
    onnx: bytes | None = None
    evaluation: Evaluation | None = None


def judged_trial(
    precision: ReducedPrecision,
    onnx: bytes,
    *,
    full: Evaluation,
    measured: Evaluation,
    resemblances: tuple[Resemblance, ...],
    judge: Callable[[Evaluation], GateReport],
    config: ReducedPrecisionConfig,
    measuring: EvaluationConfig,
    seed: int,
) -> Trial:
    """Judges a graph that answered on all test images; it still is to be timed.

    Args:
        precision: What it computes in.
        onnx: The graph.
        full: What was measured in single precision.
        measured: What was measured of its own answers.
        resemblances: How much its embeddings and heat maps are like those of single precision.
        judge: The gate.
        config: The margin.
        measuring: Resamples.
        seed: Seed of the bootstrap.
    """
    before, after = full.probabilities(), measured.probabilities()
    changes = measure_changes(full, measured, resamples=measuring.bootstrap_resamples, seed=seed)
    gate_report = judge(measured)
    refusals = [_drop(change, config.sensitivity_margin) for change in changes if not _within(change, config)]
    refusals += [_unlike(each) for each in resemblances if not each.is_enough]
    if gate_report.verdict is not Verdict.PASS:
        refusals.insert(0, f"the gate says {gate_report.verdict} of its own answers: {_missed(gate_report)}")
    return Trial(
        candidate=PrecisionCandidate(
            precision=precision,
            size_bytes=len(onnx),
            sha256=hashlib.sha256(onnx).hexdigest(),
            agreement=Agreement(
                images=len(before),
                max_difference=float(np.abs(before - after).max()),
                identical_decisions=int((before.argmax(axis=1) == after.argmax(axis=1)).sum()),
            ),
            resemblances=resemblances,
            changes=changes,
            gate_report=gate_report,
            evidence_hash=evidence_hash(measured, gate_report),
            # It is timed when all others are there as well; until then it must not be taken for proven.
            refusals=(*refusals, _NOT_TIMED),
        ),
        onnx=onnx,
        evaluation=measured,
    )


def timed_trial(trial: Trial, speed: Speed | None, *, config: ReducedPrecisionConfig) -> Trial:
    """Returns a trial with its time, and refuses it where that is too long; unchanged where it could not be timed."""
    if speed is None:
        return trial
    refusals = [reason for reason in trial.candidate.refusals if reason != _NOT_TIMED]
    if speed.speedup < config.minimum_speedup:
        refusals.append(
            f"one image is {speed.speedup:.2f} times as fast as in {FULL_PRECISION} on this machine, and "
            f"{config.minimum_speedup:g} times is asked for (export.reduced_precision.minimum_speedup)"
        )
    return replace(trial, candidate=replace(trial.candidate, speed=speed, refusals=tuple(refusals)))


def _within(change: SensitivityChange, config: ReducedPrecisionConfig) -> bool:
    return change.is_within(config.sensitivity_margin)


def is_proven(trial: Trial, config: ReducedPrecisionConfig) -> bool:
    """Whether nothing speaks against a candidate but its speed."""
    candidate = trial.candidate
    passed = candidate.gate_report is not None and candidate.gate_report.verdict is Verdict.PASS
    alike = all(each.is_enough for each in candidate.resemblances)
    return passed and alike and all(_within(change, config) for change in candidate.changes)


def _unlike(resemblance: Resemblance) -> str:
    return (
        f"its {resemblance.subject} are others than in {FULL_PRECISION}: over {resemblance.images} test images their "
        f"mean {resemblance.measure} is {resemblance.mean:.3f}, less than {resemblance.least:g}"
    )


def _drop(change: SensitivityChange, margin: float) -> str:
    return (
        f"the {change.title} drops by {-change.difference.value:.3f} ({change.lost} of {change.images} cases lost, "
        f"{change.won} won), more than the margin of {margin:g}"
    )


def _missed(gate_report: GateReport) -> str:
    return "; ".join(f"{criterion.title}: {criterion.note}" for criterion in gate_report.missed())

"""Tries graphs in fewer bits, and gives the one that is to be served with all that was proven about it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.config.reduced_precision import ReducedPrecision, ReducedPrecisionConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.evaluation.evaluate import measure_evaluation
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.export.latency import time_graph
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.precision.answers import answer_all
from medimage.export.precision.candidate import Agreement, PrecisionCandidate
from medimage.export.precision.convert import convert
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.reduction import Reduction
from medimage.export.precision.sensitivity_change import SensitivityChange, measure_changes
from medimage.export.precision.speed import Speed, time_in_turns
from medimage.machine import processor_name
from medimage.registry.evidence import evidence_hash
from medimage.serving.model_metadata import FULL_PRECISION

_TIMED_IMAGES = 40


@dataclass(frozen=True, kw_only=True)
class ChosenGraph:
    """What is to be served.

    Attributes:
        exported: The graph.
        evaluation: What was measured of that very graph's answers, or in single precision of the network's.
        gate_report: The verdict on it.
        choice: What else was tried.
    """

    exported: ExportedModel
    evaluation: Evaluation
    gate_report: GateReport
    choice: PrecisionChoice


@dataclass(frozen=True, kw_only=True)
class _Trial:
    candidate: PrecisionCandidate
    onnx: bytes | None = None
    evaluation: Evaluation | None = None


def choose_precision(
    exported: ExportedModel,
    *,
    evaluation: Evaluation,
    gate_report: GateReport,
    judge: Callable[[Evaluation], GateReport],
    training: LabelledPixels,
    reference_images: ReferenceImages,
    test: LabelledPixels,
    encoded: Sequence[bytes],
    config: ReducedPrecisionConfig,
    measuring: EvaluationConfig,
    seed: int,
) -> ChosenGraph:
    """Makes every configured candidate, judges each as the model itself was, and chooses.

    Temperature, operating points and all other rules stay those that were fitted on validation images in single
    precision: a candidate is judged by them, because they go with it.

    Args:
        exported: The model in single precision.
        evaluation: What was measured of it.
        gate_report: The verdict on it.
        judge: The gate, with all that it looks at beside the answers.
        training: Images that it was trained on.
        reference_images: Some of them, and others, by which the service tells images unlike them.
        test: The test images.
        encoded: Encoded images to time.
        config: What is tried, and what it must prove.
        measuring: Confidence level, intervals, resamples.
        seed: Seed of the bootstrap, and of the choice of calibration images.

    Raises:
        GateNotPassedError: If the gate did not pass in single precision.
        ValueError: If the test images are not those of the evaluation, or nothing is to be tried.
    """
    gate_report.require_pass()
    if evaluation.test.image_ids != test.image_ids or not config.candidates:
        raise ValueError("Expected the test images of the evaluation, in their order, and something to try")
    trials: list[_Trial] = []
    for number, precision in enumerate(config.candidates, start=1):
        try:
            onnx = convert(exported, precision, training=training, config=config, seed=seed)
            onnx = note_embeddings(onnx, reference_images)
            logits = answer_all(onnx, test.pixels, what=precision)
            latency = time_graph(onnx, encoded)
        except (ValueError, FloatingPointError) as error:
            trials.append(_Trial(candidate=PrecisionCandidate(precision=precision, refusals=(str(error),))))
            continue
        measured = measure_evaluation(
            validation=evaluation.validation,
            test=replace(evaluation.test, logits=logits),
            temperature=evaluation.temperature,
            rules=evaluation.rules,
            latency=latency,
            config=measuring,
            seed=seed,
            # It has been judged on these images as well.
            candidates=evaluation.candidates + number,
        )
        trials.append(
            _judged(precision, onnx, full=evaluation, measured=measured, judge=judge, config=config,
                    measuring=measuring, seed=seed)
        )  # fmt: skip
    graphs = {FULL_PRECISION: exported.onnx, **{each.candidate.precision: each.onnx for each in trials if each.onnx}}
    speeds = time_in_turns(graphs, test.pixels[:_TIMED_IMAGES])
    trials = [_timed(trial, speeds.get(trial.candidate.precision), config=config) for trial in trials]
    choice = PrecisionChoice(
        full_size_bytes=exported.size_bytes,
        full_sha256=exported.sha256,
        full_speed=speeds[FULL_PRECISION],
        candidates=tuple(trial.candidate for trial in trials),
        sensitivity_margin=config.sensitivity_margin,
        minimum_speedup=config.minimum_speedup,
        machine=f"{processor_name()}, 1 thread",
        files={each.candidate.precision: each.onnx for each in trials if each.onnx and _is_proven(each, config)},
    )
    for trial in trials:
        if trial.candidate is choice.adopted and trial.onnx and trial.evaluation and trial.candidate.gate_report:
            reduction = Reduction(
                precision=trial.candidate.precision,
                full_precision_sha256=exported.sha256,
                full_precision_predictions=evaluation.test.content_hash,
            )
            latency = trial.evaluation.latency
            return ChosenGraph(
                exported=replace(exported, onnx=trial.onnx, latency=latency, further=(), reduction=reduction),
                evaluation=trial.evaluation,
                gate_report=trial.candidate.gate_report,
                choice=choice,
            )
    return ChosenGraph(exported=exported, evaluation=evaluation, gate_report=gate_report, choice=choice)


def _judged(
    precision: ReducedPrecision,
    onnx: bytes,
    *,
    full: Evaluation,
    measured: Evaluation,
    judge: Callable[[Evaluation], GateReport],
    config: ReducedPrecisionConfig,
    measuring: EvaluationConfig,
    seed: int,
) -> _Trial:
    before, after = full.probabilities(), measured.probabilities()
    changes = measure_changes(full, measured, resamples=measuring.bootstrap_resamples, seed=seed)
    gate_report = judge(measured)
    refusals = [_drop(change, config.sensitivity_margin) for change in changes if not _within(change, config)]
    if gate_report.verdict is not Verdict.PASS:
        refusals.insert(0, f"the gate says {gate_report.verdict} of its own answers: {_missed(gate_report)}")
    return _Trial(
        candidate=PrecisionCandidate(
            precision=precision,
            size_bytes=len(onnx),
            sha256=hashlib.sha256(onnx).hexdigest(),
            agreement=Agreement(
                images=len(before),
                max_difference=float(np.abs(before - after).max()),
                identical_decisions=int((before.argmax(axis=1) == after.argmax(axis=1)).sum()),
            ),
            changes=changes,
            gate_report=gate_report,
            evidence_hash=evidence_hash(measured, gate_report),
            # It is timed when all others are there as well; until then it must not be taken for proven.
            refusals=(*refusals, _NOT_TIMED),
        ),
        onnx=onnx,
        evaluation=measured,
    )


_NOT_TIMED = "it was not timed"


def _timed(trial: _Trial, speed: Speed | None, *, config: ReducedPrecisionConfig) -> _Trial:
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


def _is_proven(trial: _Trial, config: ReducedPrecisionConfig) -> bool:
    candidate = trial.candidate
    passed = candidate.gate_report is not None and candidate.gate_report.verdict is Verdict.PASS
    return passed and all(_within(change, config) for change in candidate.changes)


def _drop(change: SensitivityChange, margin: float) -> str:
    return (
        f"the {change.title} drops by {-change.difference.value:.3f} ({change.lost} of {change.images} cases lost, "
        f"{change.won} won), more than the margin of {margin:g}"
    )


def _missed(gate_report: GateReport) -> str:
    return "; ".join(f"{criterion.title}: {criterion.note}" for criterion in gate_report.missed())

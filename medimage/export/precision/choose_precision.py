"""Tries graphs in fewer bits, and gives the one that is to be served with all that was proven about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from medimage.config.evaluation import EvaluationConfig
from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.evaluation.evaluate import measure_evaluation
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.export.latency import time_graph
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.precision.answers import answer_all
from medimage.export.precision.candidate import PrecisionCandidate
from medimage.export.precision.convert import convert
from medimage.export.precision.note_self_test import note_self_test
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.reduction import Reduction
from medimage.export.precision.speed import time_in_turns
from medimage.export.precision.trial import Trial, is_proven, judged_trial, timed_trial
from medimage.machine import processor_name
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
    trials: list[Trial] = []
    for number, precision in enumerate(config.candidates, start=1):
        try:
            onnx = convert(exported, precision, training=training, config=config, seed=seed)
            answers = answer_all(onnx, test.pixels, full=exported.onnx, config=config, what=precision)
            # First, because a graph in fewer bits is not opened without.
            onnx = note_self_test(onnx)
            onnx = note_embeddings(onnx, reference_images)
            latency = time_graph(onnx, encoded)
        except (ValueError, FloatingPointError) as error:
            trials.append(Trial(candidate=PrecisionCandidate(precision=precision, refusals=(str(error),))))
            continue
        measured = measure_evaluation(
            validation=evaluation.validation,
            test=replace(evaluation.test, logits=answers.logits),
            temperature=evaluation.temperature,
            rules=evaluation.rules,
            latency=latency,
            config=measuring,
            seed=seed,
            # It has been judged on these images as well.
            candidates=evaluation.candidates + number,
        )
        trials.append(
            judged_trial(precision, onnx, full=evaluation, measured=measured, resemblances=answers.resemblances,
                    judge=judge, config=config, measuring=measuring, seed=seed)
        )  # fmt: skip
    graphs = {FULL_PRECISION: exported.onnx, **{each.candidate.precision: each.onnx for each in trials if each.onnx}}
    speeds = time_in_turns(graphs, test.pixels[:_TIMED_IMAGES])
    trials = [timed_trial(trial, speeds.get(trial.candidate.precision), config=config) for trial in trials]
    choice = PrecisionChoice(
        full_size_bytes=exported.size_bytes,
        full_sha256=exported.sha256,
        full_speed=speeds[FULL_PRECISION],
        candidates=tuple(trial.candidate for trial in trials),
        sensitivity_margin=config.sensitivity_margin,
        minimum_speedup=config.minimum_speedup,
        machine=f"{processor_name()}, 1 thread",
        files={each.candidate.precision: each.onnx for each in trials if each.onnx and is_proven(each, config)},
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

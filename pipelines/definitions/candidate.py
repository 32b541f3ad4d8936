"""The parts in which one model is trained, judged and exported, whatever becomes of it then."""

from dataclasses import dataclass
from typing import Any

from medimage.config.run import RunConfig
from medimage.registry.version_reference import VersionReference
from pipelines.bound_step import bind
from pipelines.champion import opponent_of
from pipelines.definitions.parts import divide, normalization_step, stage_step, with_batch_size
from pipelines.definitions.pixels import decode
from pipelines.run_settings import RunSettings
from steps.audit_shortcuts import audit_shortcuts
from steps.choose_precision import choose_precision
from steps.compare_with_champion import compare_with_champion
from steps.evaluate_model import evaluate_model
from steps.evaluate_subgroups import evaluate_subgroups
from steps.explain_model import explain_model
from steps.export_onnx import export_onnx
from steps.measure_reference import measure_reference
from steps.medical_validation_gate import medical_validation_gate
from steps.report_formats import report_formats
from steps.write_report import write_report


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Artifacts of a model that was judged.

    Attributes:
        images: The images.
        audit: Their audit.
        split: How they were divided, with its findings.
        bare: The same without findings.
        pixels: The decoded images.
        shortcuts: How a model could be right without knowing medicine.
        model: The trained model.
        evaluation: What was measured of it.
        opponent: The version that it was held against; None where there is no other champion.
        champion: What came of that.
        gate_report: The verdict.
        report: The page.
    """

    images: Any
    audit: Any
    split: Any
    bare: Any
    pixels: Any
    shortcuts: Any
    model: Any
    evaluation: Any
    opponent: VersionReference | None
    champion: Any
    gate_report: Any
    report: Any


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """Artifacts of a model that was exported.

    Attributes:
        served: The graph that is served.
        evaluation: What was measured of it.
        verdict: The verdict on it.
        reference: What it says of held-out images.
    """

    served: Any
    evaluation: Any
    verdict: Any
    reference: Any


def train_and_judge(config: RunConfig, settings: RunSettings, images: Any, audit: Any) -> Candidate:
    """Runs the steps from audited images to the verdict on a model, and its report.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
        images: The images' artifact.
        audit: That of their audit.
    """
    training = config.training

    split, bare = divide(audit, config, split=config.split)
    pixels = decode(images, bare, config, settings)
    shortcuts = bind(audit_shortcuts, shortcuts=config.shortcuts, seed=config.seed)(pixels, audit, bare)
    normalization = normalization_step(settings)(pixels, bare)

    settings = with_batch_size(settings, pixels, bare, config)
    head = stage_step(config, settings, 1)(pixels, bare, normalization)
    model = stage_step(config, settings, 2)(head, pixels, bare, normalization)

    evaluation = bind(
        evaluate_model, evaluation=config.evaluation.for_all_images(), device=training.device, seed=config.seed
    )(model, images, pixels, bare)
    explanation = bind(explain_model, explanation=config.explanation, seed=config.seed)(
        model, images, pixels, bare, evaluation
    )
    opponent = opponent_of(evaluation, settings)
    champion = bind(
        compare_with_champion,
        champion=opponent,
        comparison=config.gate.champion.comparison,
        config=config.evaluation,
        tolerance=config.export.parity_tolerance,
        seed=config.seed,
    )(evaluation, images)
    # Without another champion, the gate is that of an experiment, whose verdict on a candidate is taken from the cache.
    beside = {} if opponent is None else {"champion": champion}
    subgroups = bind(evaluate_subgroups, config=config.evaluation, seed=config.seed)(evaluation, images)
    gate_report = bind(medical_validation_gate, gate=config.gate, class_weights=training.evening_out)(
        evaluation, audit, split, shortcuts, subgroups, **beside
    )
    report = bind(write_report, config=config, experiment=settings.experiment)(
        model, images, audit, split, shortcuts, subgroups, evaluation, explanation, gate_report, champion
    )
    return Candidate(
        images=images,
        audit=audit,
        split=split,
        bare=bare,
        pixels=pixels,
        shortcuts=shortcuts,
        model=model,
        evaluation=evaluation,
        opponent=opponent,
        champion=champion,
        gate_report=gate_report,
        report=report,
    )


def export_candidate(candidate: Candidate, config: RunConfig, settings: RunSettings, *, verdict: Any) -> Delivered:
    """Runs the steps from a passed verdict to the graph that is served, and what monitoring compares with.

    Args:
        candidate: What was judged.
        config: The whole configuration.
        settings: What was worked out from it before the start.
        verdict: The artifact of the verdict that lets it be exported.
    """
    made_of = (candidate.model, candidate.evaluation, verdict)
    exported = bind(
        export_onnx,
        export=config.export.at_full_precision(),
        latency_images=config.evaluation.latency_images,
        latency_p95_limit_ms=config.gate.latency_p95_ms,
    )(*made_of, candidate.images, candidate.pixels, candidate.bare)
    served, judged, tried = exported, candidate.evaluation, {}
    if config.export.reduced_precision.candidates:
        served, judged, verdict, precisions = bind(
            choose_precision,
            reduced_precision=config.export.reduced_precision,
            measuring=config.evaluation.for_all_images(),
            subgroups=config.evaluation,
            gate=config.gate,
            class_weights=config.training.evening_out,
            champion=candidate.opponent,
            tolerance=config.export.parity_tolerance,
            seed=config.seed,
        )(
            exported,
            candidate.evaluation,
            verdict,
            candidate.images,
            candidate.pixels,
            candidate.audit,
            candidate.split,
            candidate.shortcuts,
        )
        tried = {"precisions": precisions}
    bind(report_formats, experiment=settings.experiment)(candidate.report, exported, **tried)
    reference = bind(measure_reference)(served, verdict, candidate.images, candidate.bare)
    return Delivered(served=served, evaluation=judged, verdict=verdict, reference=reference)

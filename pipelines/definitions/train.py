"""From images to a proven, registered, packaged classifier."""

from zenml import pipeline

from medimage.config.run import RunConfig
from medimage.evaluation.gate.criterion import Verdict
from pipelines.bound_step import bind
from pipelines.champion import opponent_of
from pipelines.definitions.parts import (
    decode,
    divide,
    normalization_step,
    read_and_audit,
    stage_step,
    with_batch_size,
)
from pipelines.run_settings import RunSettings
from steps.audit_shortcuts import audit_shortcuts
from steps.choose_precision import choose_precision
from steps.compare_with_champion import compare_with_champion
from steps.evaluate_model import evaluate_model
from steps.evaluate_subgroups import evaluate_subgroups
from steps.explain_model import explain_model
from steps.export_onnx import export_onnx
from steps.link_model_version import link_model_version
from steps.measure_reference import measure_reference
from steps.medical_validation_gate import medical_validation_gate
from steps.package_bento import package_bento
from steps.promote_model import promote_model
from steps.report_formats import report_formats
from steps.write_report import write_report


@pipeline(name="train", dynamic=True)
def train_pipeline(config: RunConfig, settings: RunSettings) -> None:
    """Trains, judges and, where the gate passed, exports, registers and packages a classifier.

    Args:
        config: The whole configuration.
        settings: What was worked out from it before the start.
    """
    training = config.training

    images, audit = read_and_audit(config, settings)
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
    if gate_report.load().verdict is not Verdict.PASS:
        return

    exported = bind(
        export_onnx,
        export=config.export.at_full_precision(),
        latency_images=config.evaluation.latency_images,
        latency_p95_limit_ms=config.gate.latency_p95_ms,
    )(model, evaluation, gate_report, images, pixels, bare)
    served, judged, verdict, tried = exported, evaluation, gate_report, {}
    if config.export.reduced_precision.candidates:
        served, judged, verdict, precisions = bind(
            choose_precision,
            reduced_precision=config.export.reduced_precision,
            measuring=config.evaluation.for_all_images(),
            subgroups=config.evaluation,
            gate=config.gate,
            class_weights=training.evening_out,
            champion=opponent,
            tolerance=config.export.parity_tolerance,
            seed=config.seed,
        )(exported, evaluation, gate_report, images, pixels, audit, split, shortcuts)
        tried = {"precisions": precisions}
    bind(report_formats, experiment=settings.experiment)(report, exported, **tried)
    reference = bind(measure_reference)(served, verdict, images, bare)
    registered, card = bind(
        promote_model,
        name=settings.registered_name,
        description=config.description,
        dossier=config.dossier,
        config_hash=settings.config_hash,
        experiment=settings.experiment,
        comparison=config.gate.champion.comparison,
    )(served, verdict, judged, bare, champion, reference)
    bento = bind(package_bento, name=settings.bento_name)(served, verdict, card)
    bind(link_model_version)(registered, bento)

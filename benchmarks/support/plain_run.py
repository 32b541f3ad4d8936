"""A training run without pipeline: the same work by the same library, in one plain script.

    python -m benchmarks.support.plain_run --config FILE [--KEY VALUE …]

Nothing is cached, tracked, stored as an artifact, shown in a dashboard, kept to go on with, registered or packaged.
"""

import sys

from benchmarks.support.trained_recipe import train_recipe
from medimage.config.loading import parse_run_arguments
from medimage.config.run import RunConfig
from medimage.data.pixel_store import PixelStore
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.explanation.explanation import explain
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.imbalance import mitigates
from medimage.evaluation.report.report import render_report
from medimage.evaluation.report.report_dossier import render_dossier
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.subgroups.audit_subgroups import audit_subgroups
from medimage.exit_codes import GATE_NOT_PASSED, PASSED, call_and_exit
from medimage.export.export_model import export_model
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.export.note_embeddings import ReferenceImages
from medimage.models.build import load_network
from medimage.models.judged import predict_part, time_model
from medimage.models.training_record import TrainingRecord
from medimage.monitoring.measure_reference import images_per_case, measure_reference, sample_held_out
from medimage.training.observers.console_observer import ConsoleObserver
from medimage.workspace import workspace
from pipelines.audited_data import divide, read_and_audit
from steps.report_context import parts_of, report_context
from steps.run_dossier import report_documents, run_dossier


def main() -> int:
    """Does the work of a run, writes report and graph beside each other, and returns the run's exit code."""
    arguments = parse_run_arguments(sys.argv[1:], program="plain_run", description="A training run without pipeline.")
    return run(arguments.config)


def run(config: RunConfig) -> int:
    """Trains, judges, tells and, where the gate passed, exports; returns the run's exit code.

    Args:
        config: A configuration with numbers for `model.input_size` and `training.batch_size`, and without saved
            statistics.

    Raises:
        MedimageError: If the data cannot be trusted.
    """
    images, audit = read_and_audit(config)
    split = divide(audit, config)
    size = config.model.input_size or 0
    pixels = PixelStore.build(images, image_ids=split.image_ids, size=size, color_mode=config.data.color_mode)
    shortcuts = audit_shortcuts(pixels, audit, split, config.shortcuts, seed=config.seed)
    model = train_recipe(config, pixels, split, seed=config.seed, observers=[ConsoleObserver()])
    device = config.training.device
    evaluation = evaluate(
        validation=predict_part(model, pixels, split, part="validation", device=device),
        test=predict_part(model, pixels, split, part="test", device=device),
        latency=time_model(model, images, split, count=config.evaluation.latency_images),
        config=config.evaluation,
        seed=config.seed,
        candidates=1,
    )
    explanation = explain(
        load_network(model),
        pixels.part(split, "test"),
        evaluation.probabilities(),
        config=config.explanation,
        seed=config.seed,
        lesions=images.lesion_boxes(size=size),
    )
    weights = config.training.evening_out
    mitigated = mitigates(split.counts("train"), weights, threshold=config.gate.imbalance_ratio)
    findings = find_in_data(audit, split, shortcuts, imbalance_mitigated=mitigated)
    gate_report = judge(evaluation=evaluation, data_findings=findings, config=config.gate)
    context = report_context(
        config,
        run_id="plain-run",
        model=model.spec.name,
        images=images,
        audit=audit,
        shortcuts=shortcuts,
        subgroups=audit_subgroups(evaluation, images, config.evaluation, seed=config.seed),
        columns=parts_of(split),
        data_hash=split.content_hash,
        explanations={"": explanation},
    )
    dossier = run_dossier(
        config,
        context=context,
        training=TrainingRecord.of(model),
        evaluation=evaluation,
        gate_report=gate_report,
        data_hash=split.content_hash,
    )
    page = render_report(
        evaluation=evaluation,
        gate_report=gate_report,
        epochs=model.history.epochs,
        context=context,
        dossier=render_dossier(dossier),
    )
    for name, text in {"report.html": page, **report_documents(dossier)}.items():
        (workspace() / name).write_text(text, encoding="utf-8")
    if gate_report.verdict is not Verdict.PASS:
        return GATE_NOT_PASSED
    exported = export_model(
        model,
        temperature=evaluation.temperature.value,
        rules=evaluation.rules,
        data_sha256=split.content_hash,
        intensities=fit_intensity_reference(
            pixels.sampled_histograms(split, "train"), pixels.sampled_histograms(split, "validation")
        ),
        reference_images=ReferenceImages.sampled(pixels, split),
        config=config.export,
        test=pixels.part(split, "test"),
        judged=evaluation.test,
        encoded=images.encoded_part(split, "test", count=config.evaluation.latency_images),
        latency_p95_limit_ms=config.gate.latency_p95_ms,
    )
    for each in exported.formats:
        (workspace() / each.file_name).write_bytes(each.content)
    chosen = sample_held_out(split)
    labels = dict(zip(split.image_ids, split.labels, strict=True))
    encoded = ((labels[image_id], content) for image_id, content in images.encoded_images(chosen))
    measure_reference(exported.onnx, encoded, total=len(chosen), images_per_case=images_per_case(split))
    return PASSED


if __name__ == "__main__":
    call_and_exit(main)

"""An artifact of every kind, with its materializer."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from materializers.bento_archive import BentoArchiveMaterializer
from materializers.champion_comparison import ChampionComparisonMaterializer
from materializers.data_audit import DataAuditMaterializer
from materializers.evaluation import EvaluationMaterializer
from materializers.explanation import ExplanationMaterializer
from materializers.exported_model import ExportedModelMaterializer
from materializers.file_materializer import FileMaterializer
from materializers.gate_report import GateReportMaterializer
from materializers.image_table import ImageTableMaterializer
from materializers.locked_test_set import LockedTestSetMaterializer
from materializers.model_card import ModelCardMaterializer
from materializers.model_ranking import ModelRankingMaterializer
from materializers.monitoring_reference import MonitoringReferenceMaterializer
from materializers.monitoring_report import MonitoringReportMaterializer
from materializers.new_images import NewImagesMaterializer
from materializers.normalization import NormalizationMaterializer
from materializers.pixel_store import PixelStoreMaterializer
from materializers.precision_choice import PrecisionChoiceMaterializer
from materializers.registered_version import RegisteredVersionMaterializer
from materializers.retraining_decision import RetrainingDecisionMaterializer
from materializers.retraining_outcome import RetrainingOutcomeMaterializer
from materializers.run_report import RunReportMaterializer
from materializers.shortcut_audit import ShortcutAuditMaterializer
from materializers.split import SplitMaterializer
from materializers.subgroup_audit import SubgroupAuditMaterializer
from materializers.trained_model import TrainedModelMaterializer
from materializers.training_record import TrainingRecordMaterializer
from medimage.config.audit import AuditConfig
from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.config.retraining import RetrainingConfig
from medimage.config.shortcuts import ShortcutConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.box import Box
from medimage.data.image_metadata import ImageLevels
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.left_out import LeftOut
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.pixel_store import PixelStore
from medimage.data.splitting import split_images
from medimage.data.statistics import NormalizationStats
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.latency import Latency
from medimage.evaluation.pooling import pool_folds
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation
from medimage.evaluation.report.run_report import RunReport
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.subgroups.audit_subgroups import measure_subgroups
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.models.history import EpochRecord, StageRecord, TrainingHistory
from medimage.models.trained_model import ModelSpec, TrainedModel
from medimage.models.training_record import TrainingRecord
from medimage.monitoring.monitoring_report import MonitoringReport
from medimage.registry.registered_version import RegisteredVersion
from medimage.retraining.decision import decide
from medimage.retraining.new_image import NewImage, NewImages
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult
from medimage.serving.bento_archive import BentoArchive
from tests.support.candidates import ranking_of_models
from tests.support.champions import comparison_of, impossible_comparison
from tests.support.explained import NO_MAPS, backwards, explanation
from tests.support.exported import every_parity, make_card, make_exported
from tests.support.images import encode, textured
from tests.support.observed import logged_rows, reference_of
from tests.support.precisions import REDUCTION, precision_choice
from tests.support.retrained import NOTHING
from tests.support.shortcuts import shortcut_audit


def image_table() -> ImageTable:
    records = [
        ImageRecord(
            name=f"{label}/{number}.png",
            encoded=encode(textured(1000 * index + number)),
            label=label,
            group=f"p{index}-{number // 2}",
            lesion_boxes=(Box(left=1, top=2, right=9, bottom=12),),
            metadata={"sex": "fé" if number % 3 else ""},
        )
        for index, label in enumerate("ab")
        for number in range(24)
    ]
    return ImageTable.write(records, classes=("a", "b"), skipped_files=(("x.txt", "no image"),), notes=("A note.",))


TABLE = image_table()
AUDIT = audit_images(TABLE, AuditConfig(), color_mode="gray")
SPLIT = split_images(AUDIT, SplitConfig(), seed=0)
LOCKED = LockedTestSet.from_split(
    SPLIT, AUDIT, name="default", scope="s", family="f", seed=0, locked_at="2026-01-02T03:04:05+00:00"
)
PIXELS = PixelStore.build(TABLE, image_ids=SPLIT.image_ids, size=32, color_mode="gray")
SHORTCUTS = audit_shortcuts(PIXELS, AUDIT, SPLIT, ShortcutConfig(), seed=0)
STATS = NormalizationStats(mean=(0.1 + 0.2,), std=(1 / 3,), input_size=32, images=34, source="training")


def trained_model() -> TrainedModel:
    spec = ModelSpec(
        name="resnet18",
        timm_name="resnet18",
        head="medical",
        classes=("a", "b"),
        input_size=32,
        channels=1,
        normalization=STATS,
        options={"drop_path_rate": 0.1},
    )
    epoch = EpochRecord(
        stage=1,
        epoch=1,
        train_loss=0.7,
        train_accuracy=0.5,
        validation_loss=0.6,
        validation_accuracy=0.7,
        head_learning_rate=1e-3,
        backbone_learning_rate=0.0,
        seconds=1.5,
    )
    stage = StageRecord(
        stage=1,
        trainable_parameters=10,
        best_epoch=1,
        batch_size=8,
        precision="fp32",
        device="cpu",
        stopped_early=False,
    )
    return TrainedModel(
        spec=spec,
        weights=b"best",
        last_weights=b"last",
        history=TrainingHistory(epochs=(epoch,), stages=(stage,)),
        parameters=11,
    )


Part = TypeVar("Part", PredictionsOnValidation, PredictionsOnTest)


def predictions(part: type[Part], count: int) -> Part:
    generator = np.random.default_rng(count)
    labels = np.arange(count) % 2
    return part(
        image_ids=tuple(f"{part.part}{number}" for number in range(count)),
        groups=tuple(f"g{number // 2}" for number in range(count)),
        labels=labels.astype(np.int64),
        logits=(generator.normal(size=(count, 2)) + 2 * np.eye(2)[labels]).astype(np.float32),
        classes=("a", "b"),
    )


EVALUATION = evaluate(
    validation=predictions(PredictionsOnValidation, 120),
    test=predictions(PredictionsOnTest, 80),
    latency=Latency(p50_ms=1.0, p95_ms=2.0, images=20, machine="a machine"),
    config=EvaluationConfig(bootstrap_resamples=200),
    seed=0,
)

POOLED = pool_folds(
    [
        EVALUATION,
        dataclasses.replace(
            EVALUATION,
            test=dataclasses.replace(
                EVALUATION.test,
                image_ids=tuple(f"other {image_id}" for image_id in EVALUATION.test.image_ids),
                groups=tuple(f"other {group}" for group in EVALUATION.test.groups),
            ),
        ),
    ],
    config=EvaluationConfig(bootstrap_resamples=200),
    seed=0,
    is_ensemble=True,
)


def subgroup_audit() -> SubgroupAudit:
    levels = {"sex": ("f", "m") * 40, "site": ("a",) * 79 + ("",), "age": ("",) * 80}
    return measure_subgroups(
        probabilities=EVALUATION.probabilities(),
        test=EVALUATION.test,
        whole=EVALUATION.metrics,
        metadata={name: ImageLevels(levels=values, contradictions=1) for name, values in levels.items()},
        config=EvaluationConfig(bootstrap_resamples=200),
        seed=0,
    )


ARTIFACTS: list[tuple[type[FileMaterializer], Callable[[], Any]]] = [
    (ImageTableMaterializer, lambda: TABLE),
    (DataAuditMaterializer, lambda: AUDIT),
    (
        SplitMaterializer,
        lambda: dataclasses.replace(
            SPLIT,
            left_out=(LeftOut(image_id="new", label="a", group="p", reason="held out: for a reason"),),
            test_set=LOCKED.reference,
            findings=('A class is rare, and "it" is told.',),
        ),
    ),
    (LockedTestSetMaterializer, lambda: LOCKED),
    (PixelStoreMaterializer, lambda: PIXELS),
    (ShortcutAuditMaterializer, lambda: SHORTCUTS),
    (ShortcutAuditMaterializer, lambda: shortcut_audit(confounded=True)),
    (SubgroupAuditMaterializer, subgroup_audit),
    (NormalizationMaterializer, lambda: STATS),
    (TrainedModelMaterializer, trained_model),
    (TrainingRecordMaterializer, lambda: TrainingRecord.of(trained_model())),
    (EvaluationMaterializer, lambda: EVALUATION),
    (EvaluationMaterializer, lambda: POOLED),
    (ExplanationMaterializer, explanation),
    (ExplanationMaterializer, lambda: backwards(explanation())),
    (ExplanationMaterializer, lambda: NO_MAPS),
    (
        GateReportMaterializer,
        lambda: judge(
            evaluation=EVALUATION,
            data_findings=find_in_data(AUDIT, SPLIT, SHORTCUTS, imbalance_mitigated=False),
            config=GateConfig(),
        ),
    ),
    (ChampionComparisonMaterializer, lambda: comparison_of(images=60, champion_wrong=9)),
    (ChampionComparisonMaterializer, impossible_comparison),
    (
        RunReportMaterializer,
        lambda: RunReport("<html>ä</html>", documents={"card.json": "{}", "sbom.json": '{"ä": 1}'}),
    ),
    (ModelRankingMaterializer, ranking_of_models),
    (ExportedModelMaterializer, make_exported),
    (
        ExportedModelMaterializer,
        lambda: make_exported(parity=every_parity(), further=("torchscript", "torch_export")),
    ),
    (ExportedModelMaterializer, lambda: dataclasses.replace(make_exported(), reduction=REDUCTION)),
    (PrecisionChoiceMaterializer, precision_choice),
    (ModelCardMaterializer, lambda: make_card().with_version("1.2.3")),
    (
        RegisteredVersionMaterializer,
        lambda: RegisteredVersion(
            name="m", version=3, aliases=("champion",), uri="models:/m/3", run_id="r", semantic_version="1.0.2"
        ),
    ),
    (BentoArchiveMaterializer, lambda: BentoArchive(tag="name:1", content=b"archive")),
    (MonitoringReferenceMaterializer, lambda: reference_of(logged_rows(20, seed=1), truth=["ill", "well"] * 10)),
    (
        MonitoringReportMaterializer,
        lambda: MonitoringReport(
            summary={"verdict": "as_before", "window": {"images": 3}},
            markdown="# ä",
            page="<h1>ä",
            evidently="<p>ä",
            history=b"png",
        ),
    ),
    (
        NewImagesMaterializer,
        lambda: NewImages(
            files=(
                NewImage(name="new data/ä.png", image_id="a", label="ill"),
                NewImage(name="new data/b.txt", image_id="", label="", reason="no image"),
            )
        ),
    ),
    (RetrainingDecisionMaterializer, lambda: decide(NOTHING, RetrainingConfig(), key="k")),
    (
        RetrainingOutcomeMaterializer,
        lambda: RetrainingOutcome(result=RetrainingResult.PROMOTED, sentence="It is the champion now.", version=4),
    ),
]


IDS = [kind.__name__.removesuffix("Materializer") for kind, _ in ARTIFACTS]

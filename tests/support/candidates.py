"""Candidates of an experiment, made up for the tests of ranking and report."""

import dataclasses

import numpy as np

from medimage.config.gate import GateConfig
from medimage.evaluation.comparison.model_ranking import GraphFacts, ModelRanking, rank_models
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.models.history import EpochRecord, StageRecord, TrainingHistory
from medimage.models.training_record import TrainingRecord
from tests.support.simulated_predictions import FINDINGS, evaluation_of, of_arrays
from tests.support.training import specification

LABELS = np.arange(300) % 3
OPEN = GateConfig(
    accuracy=0, sensitivity=0, specificity=0, balanced_accuracy=0, auroc=0, calibration_error=1,
    minimum_cases_per_class=1,
)  # fmt: skip
CLOSED = GateConfig(accuracy=1)
EPOCH = EpochRecord(
    stage=2, epoch=1, train_loss=1.0, train_accuracy=0.5, validation_loss=0.9, validation_accuracy=0.6,
    head_learning_rate=1e-4, backbone_learning_rate=0.0, seconds=90.0, process_memory_gib=7.5, process_rise_gib=1.25,
)  # fmt: skip
STAGE = StageRecord(
    stage=2, trainable_parameters=1_000_000, best_epoch=1, batch_size=32, precision="fp32", device="cpu",
    stopped_early=False,
)  # fmt: skip

Candidate = tuple[Evaluation, GateReport, TrainingRecord]


def candidate(
    *,
    wrong: int,
    ms: float = 10.0,
    parameters: int = 2_000_000,
    network: str = "test_resnet",
    gate: GateConfig = OPEN,
    start: int = 0,
) -> Candidate:
    """Returns a candidate that gets so many images wrong, from one row on."""
    answers = LABELS.copy()
    rows = np.arange(start, start + wrong)
    answers[rows] = (answers[rows] + 1) % 3
    evaluation = dataclasses.replace(
        evaluation_of(of_arrays(LABELS, 4.0 * np.eye(3)[answers])),
        latency=Latency(p50_ms=ms, p95_ms=2 * ms, images=60, machine="a test machine"),
    )
    training = TrainingRecord(
        spec=specification(network),
        parameters=parameters,
        history=TrainingHistory(epochs=(EPOCH, EPOCH), stages=(STAGE,)),
    )
    return evaluation, judge(evaluation=evaluation, data_findings=FINDINGS, config=gate), training


def ranking_of_models() -> ModelRanking:
    """Returns a ranking of two registered models, beside one that could not be judged."""
    models = {"lung version 1": candidate(wrong=20), "lung version 2": candidate(wrong=90, start=7, gate=CLOSED)}
    return rank_models(
        [GraphFacts(name=name, sha256=name, parameters=1000) for name in models],
        [evaluation for evaluation, _, _ in models.values()],
        [gate_report for _, gate_report, _ in models.values()],
        failures={"brain version 1": "it answers with other classes"}, seen=4, offered=300, resamples=200, seed=0,
    )  # fmt: skip

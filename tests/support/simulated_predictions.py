"""Predictions made up for the tests of evaluation."""

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation

LATENCY = Latency(p50_ms=12.0, p95_ms=20.0, images=60, machine="a test machine")
FINDINGS = DataFindings(
    training_counts={"covid": 100, "normal": 120, "tb": 90},
    imbalance_mitigated=False,
    crossing_groups=0,
    crossing_duplicates=0,
)
FEW_RESAMPLES = EvaluationConfig(bootstrap_resamples=300)


def predictions(
    *,
    images: int = 240,
    per_group: int = 1,
    classes: tuple[str, ...] = ("covid", "normal", "tb"),
    skill: float = 6.0,
    seed: int = 0,
) -> PredictionsOnTest:
    """Makes Gaussian logits; the true class's is raised by `skill`, images of a group share half of the noise."""
    generator = np.random.default_rng(seed)
    group = np.arange(images) // per_group
    labels = group % len(classes)
    noise = generator.normal(size=(images, len(classes)))
    shared = generator.normal(size=(int(group.max()) + 1, len(classes)))[group]
    logits = (noise + shared if per_group > 1 else noise * 1.4) + skill * np.eye(len(classes))[labels]
    return of_arrays(labels, logits, groups=group, classes=classes)


def of_arrays(
    labels: np.ndarray,
    logits: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    classes: tuple[str, ...] = ("covid", "normal", "tb"),
) -> PredictionsOnTest:
    """Names the images and groups of given labels and logits."""
    groups = np.arange(len(labels)) if groups is None else groups
    return PredictionsOnTest(
        image_ids=tuple(f"test-{index}" for index in range(len(labels))),
        groups=tuple(f"test-group-{group}" for group in groups),
        labels=np.asarray(labels, dtype=np.int64),
        logits=np.asarray(logits, dtype=np.float32),
        classes=classes,
    )


def on_validation(test: PredictionsOnTest) -> PredictionsOnValidation:
    """Returns the same labels and logits as those of other images, which are validation images."""
    return PredictionsOnValidation(
        image_ids=tuple(name.replace("test", "validation") for name in test.image_ids),
        groups=tuple(name.replace("test", "validation") for name in test.groups),
        labels=test.labels,
        logits=test.logits,
        classes=test.classes,
    )


def evaluation_of(test: PredictionsOnTest, *, config: EvaluationConfig = FEW_RESAMPLES) -> Evaluation:
    """Evaluates test predictions beside validation predictions of the same classes."""
    validation = on_validation(predictions(classes=test.classes, skill=3.0, seed=1))
    return evaluate(validation=validation, test=test, latency=LATENCY, config=config, seed=0)


def report_of(
    test: PredictionsOnTest, *, config: GateConfig | None = None, findings: DataFindings = FINDINGS
) -> GateReport:
    """Judges test predictions."""
    return judge(evaluation=evaluation_of(test), data_findings=findings, config=config or GateConfig())

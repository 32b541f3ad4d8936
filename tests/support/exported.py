"""A model small enough to be worked out by hand, exported without PyTorch."""

from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from medimage.config.delivery import FormatName
from medimage.data.statistics import NormalizationStats
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.export.agreement import EmbeddingParity, MapParity, Parity
from medimage.export.exported_format import ExportedFormat
from medimage.export.exported_model import ExportedModel
from medimage.models.trained_model import ModelSpec
from medimage.registry.lineage import Lineage
from medimage.registry.model_card import ModelCard
from medimage.registry.provenance import Provenance
from medimage.registry.seen_images import SeenImages
from medimage.serving.model_metadata import ModelMetadata
from medimage.serving.preprocessing import PREPROCESSING_VERSION
from medimage.serving.prove_answers import note_answers
from medimage.serving.quality.intensity_reference import IntensityReference
from medimage.serving.self_test import SelfTest

CLASSES = ("bright", "dark", "other|one")
SLOPE = 4.0


def rules_of(classes: tuple[str, ...], *, threshold: float) -> DecisionRules:
    """Returns decision rules of one threshold for all classes, without abstention and sets."""
    point = OperatingPoint(threshold=threshold, target_sensitivity=0.95, cases=40)
    return DecisionRules(operating_points=dict.fromkeys(classes, point), abstention=None, conformal=None)


def brightness_onnx(
    *,
    size: int = 32,
    slope: float = SLOPE,
    white: float = 255,
    preprocessing_version: str = PREPROCESSING_VERSION,
    rules: DecisionRules | None = None,
    intensities: IntensityReference | None = None,
    self_test: SelfTest | None = None,
) -> bytes:
    """Returns a graph whose logits are `slope` times the mean gray value as a share of `white` times (1, 0, -1).

    With a self-test it says that it computes in int8, which it does not.
    """
    weights = {
        "axes": np.array([1, 2], dtype=np.int64),
        "white": np.float32(white),
        "slope": np.array([[slope, 0, -slope]], dtype=np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "white"], ["brightness"]),
        helper.make_node("MatMul", ["brightness", "slope"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", size, size, 1])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", len(CLASSES)])
            for name in ("probabilities", "logits")
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    metadata = ModelMetadata(
        classes=CLASSES,
        input_size=size,
        color_mode="gray",
        preprocessing_version=preprocessing_version,
        temperature=1.0,
        decision_rules=rules,
        intensities=intensities,
        self_test=self_test,
        **({} if self_test is None else {"precision": "int8", "full_precision_sha256": "a" * 64}),
    )
    helper.set_model_props(model, metadata.to_properties())
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def self_test_of(graph: bytes) -> SelfTest:
    """Returns what a brightness graph says of the images of a self-test."""
    return note_answers(graph, threads=1)


def make_spec(
    *,
    classes: tuple[str, ...] = CLASSES,
    size: int = 32,
    channels: int = 1,
    timm_name: str = "resnet10t",
    head: str = "linear",
) -> ModelSpec:
    """Returns a specification of a small network."""
    stats = NormalizationStats(
        mean=(0.4, 0.45, 0.5)[:channels],
        std=(0.2, 0.21, 0.22)[:channels],
        input_size=size,
        images=10,
        source="training",
    )
    return ModelSpec(
        name=timm_name,
        timm_name=timm_name,
        head=head,
        classes=classes,
        input_size=size,
        channels=channels,
        normalization=stats,
        options={},
    )


PARITY = Parity(images=5, max_difference=1e-7, tolerance=1e-4, identical_decisions=5)
LATENCY = Latency(p50_ms=1.0, p95_ms=2.0, images=20, machine="test")


def make_exported(
    *,
    slope: float = SLOPE,
    spec: ModelSpec | None = None,
    rules: DecisionRules | None = None,
    intensities: IntensityReference | None = None,
    parity: Parity = PARITY,
    further: tuple[FormatName, ...] = (),
) -> ExportedModel:
    """Returns the brightness model as an exported model; the files of further formats are stand-ins."""
    return ExportedModel(
        onnx=brightness_onnx(slope=slope, rules=rules, intensities=intensities),
        spec=spec or make_spec(),
        temperature=1.0,
        parity=parity,
        latency=LATENCY,
        further=tuple(
            ExportedFormat(name=name, content=name.encode(), parity=PARITY, latency=LATENCY) for name in further
        ),
    )


def every_parity() -> Parity:
    """Returns agreement in all that a graph can give."""
    return Parity(
        images=5,
        max_difference=1e-7,
        tolerance=1e-4,
        identical_decisions=5,
        embedding=EmbeddingParity(images=5, max_difference=2e-6, tolerance=1e-3),
        maps=MapParity(images=5, maps=10, max_difference=3e-6, tolerance=1e-3),
    )


def make_gate_report(verdict: Verdict = Verdict.PASS) -> GateReport:
    """Returns a report of one criterion with that verdict."""
    criterion = Criterion(
        name="accuracy",
        scope="overall",
        estimate=0.93,
        low=0.88,
        high=0.96,
        n=200,
        groups=150,
        threshold=0.85,
        direction="at_least",
        verdict=verdict,
        note="" if verdict is Verdict.PASS else "the interval reaches below 0.85",
    )
    return GateReport(criteria=(criterion,), findings=("class and source agree in 80 % of images",))


def make_card(*, evidence_hash: str = "e1", run_id: str = "run-1", spec: ModelSpec | None = None) -> ModelCard:
    """Returns a model card of the brightness model."""
    accuracy = {"value": 0.93, "low": 0.88, "high": 0.96, "n": 200}
    unknown = {"value": float("nan"), "low": float("nan"), "high": float("nan"), "n": 0}
    return ModelCard(
        name="lung-brightness",
        description="Chest X-ray in three classes, for tests.",
        spec=spec or make_spec(),
        metrics={"accuracy": accuracy, "sensitivity": dict.fromkeys(CLASSES[:2], accuracy) | {CLASSES[2]: unknown}},
        gate=make_gate_report().to_dict(),
        data={"training images": 600, "source": "synthetic"},
        provenance=Provenance(run_id=run_id, config_hash="c1", data_hash="d1", evidence_hash=evidence_hash),
    )


def make_lineage(
    *,
    train: tuple[str, ...] = ("t1", "t2"),
    predictions: str = "p1",
    compared_with: int | None = None,
    comparison: Literal["require", "show", "off"] = "require",
    not_better: str = "",
) -> Lineage:
    """Returns a lineage with a validation image of its own."""
    images = SeenImages(train=frozenset(train), validation=frozenset({"v1"}))
    return Lineage(
        images=images,
        predictions=predictions,
        compared_with=compared_with,
        comparison=comparison,
        not_better=not_better,
    )

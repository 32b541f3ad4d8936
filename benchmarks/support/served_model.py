"""A packaged model to serve: a network with random weights, exported and packaged as a run of the pipeline does it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from medimage.config.delivery import ExportConfig
from medimage.config.model import ModelConfig
from medimage.data.statistics import NormalizationStats
from medimage.data.synthetic import generate_phantoms
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.export.exported_model import ExportedModel
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.latency import time_graph
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import build_network, specify_network
from medimage.models.inference import predict_logits
from medimage.serving.bundle import PackagedBento, build_bento
from medimage.serving.preprocessing import prepare_image

CLASSES = ("normal", "opacity", "mass")
SIDE = 512
"""Height and width of the files, in pixels; the network sees them at its own size."""

_QUALITY = 92
_FILES = 16
_REFERENCE_IMAGES = 128
"""From as many on, the reference for embeddings has as many directions as it may have."""
_NAME = "medimage-benchmark"


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model to serve, and files to ask it about.

    Attributes:
        bento: The model with the service.
        onnx: The graph alone.
        images: Encoded images, each another one.
    """

    bento: PackagedBento
    onnx: bytes
    images: tuple[bytes, ...]


def packaged_model(home: Path, *, network: str = "resnet18", size: int = 224, side: int = SIDE) -> ServedModel:
    """Exports a network with random weights for gray images and packages it.

    Weights do not matter for how long an answer takes. What comes with a trained model does, so it is all there:
    decision rules, gray levels and embeddings of images.

    Args:
        home: BentoML's home.
        network: Name of the architecture.
        size: Height and width of the network's input, in pixels.
        side: Height and width of the files, in pixels.
    """
    files = jpeg_files(count=2 * _REFERENCE_IMAGES, side=side)
    seen = np.stack([prepare_image(file, color_mode="gray", size=size) for file in files])
    images, pixels = files[:_FILES], seen[:_FILES]
    statistics = NormalizationStats(mean=(0.4,), std=(0.25,), input_size=size, images=len(images), source="training")
    spec = specify_network(ModelConfig(name=network), classes=CLASSES, channels=1, normalization=statistics)
    built = build_network(spec, seed=0).eval()
    # Random weights answer almost alike on every image, and rounding would decide which class is named.
    with torch.no_grad():
        [module for module in built.head.modules() if isinstance(module, nn.Linear)][-1].weight.mul_(20)
    counts = np.stack([np.bincount(image.ravel(), minlength=256)[np.newaxis] for image in pixels])
    points = {name: OperatingPoint(threshold=0.4, target_sensitivity=0.95, cases=40, reason="") for name in CLASSES}
    graph = export_onnx(
        built,
        spec,
        temperature=1.0,
        opset=ExportConfig().opset,
        rules=DecisionRules(operating_points=points, abstention=None, conformal=None),
        intensities=fit_intensity_reference(counts[::2], counts[1::2]),
    )
    onnx = note_embeddings(graph, ReferenceImages(training=seen[::2], held_out=seen[1::2]))
    logits = predict_logits(
        built, pixels, batch_size=8, device=torch.device("cpu"), description="Asking the network itself"
    )
    judged = JudgedAnswers(pixels=pixels, logits=logits, temperature=1.0)
    exported = ExportedModel(
        onnx=onnx,
        spec=spec,
        temperature=1.0,
        parity=measure_parity(onnx, [judged], network=built, config=ExportConfig()),
        latency=time_graph(onnx, images),
    )
    card = {"name": _NAME, "version": "1", "description": f"{network} with random weights, for benchmarks."}
    bento = build_bento(exported=exported, card=card, name=_NAME, bento_home=home)
    return ServedModel(bento=bento, onnx=onnx, images=images)


def jpeg_files(*, count: int, side: int) -> tuple[bytes, ...]:
    """Returns gray JPEGs. Every image has its own content, and is as hard to decode as others."""
    phantoms = generate_phantoms(patients_per_class=2, images_per_patient=1, image_size=side, seed=3)
    pixels = [phantom.pixels for phantom in phantoms]
    return tuple(
        _jpeg(Image.fromarray(np.roll(pixels[number % len(pixels)], 37 * (number // len(pixels)), axis=1)))
        for number in range(count)
    )


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()

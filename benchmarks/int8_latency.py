"""A ResNet18 in int8 answers on one image 2.5 times as fast as in single precision, on two cores."""

import os
import statistics
import time
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.support.measurement import Measurement
from benchmarks.support.training_sides import noise
from benchmarks.support.turns import in_turns
from medimage.config.model import ModelConfig
from medimage.data.statistics import NormalizationStats
from medimage.export.onnx_graph import export_onnx
from medimage.export.precision.half import to_half
from medimage.export.precision.integers import to_integers
from medimage.models.build import build_network, specify_network
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import INPUT_NAME, PROBABILITIES

SIZE = 224
THREADS = 2
ROUNDS = 60
CALIBRATION_IMAGES = 32
_TARGET = 2.5


def measure() -> Measurement:
    """Times one image in the whole served graph, from uint8 pixels to probabilities, in turns.

    Both graphs are what the export step makes and the service opens: normalisation, network, temperature, softmax, and
    the heat map on request, which nobody asks for here. The weights are random, because no number decides about speed.
    """
    images = noise(CALIBRATION_IMAGES, size=SIZE, channels=3)
    full = _graph(images.pixels[:8])
    integers = to_integers(full, images.pixels, weight_bits=8).SerializeToString()
    half = to_half(full).SerializeToString()
    sessions: dict[str, Any] = {
        **{
            name: open_session(onnx, threads=THREADS)
            for name, onnx in (("fp32", full), ("int8", integers), ("fp16", half))
        },
        "unsigned": open_session(integers, threads=THREADS, unsigned_weights=True),
    }

    def seconds(name: str, number: int) -> float:
        image = np.ascontiguousarray(images.pixels[number % len(images) :][:1])
        started = time.perf_counter()
        sessions[name].run([PROBABILITIES], {INPUT_NAME: image})
        return time.perf_counter() - started

    def beside_full(name: str) -> list[tuple[float, float]]:
        return in_turns(
            lambda number: seconds("fp32", number), lambda number: seconds(name, number), rounds=ROUNDS, warm_up=5
        )

    measured = {name: beside_full(name) for name in ("int8", "unsigned", "fp16")}
    ratios = {name: [before / after for before, after in times] for name, times in measured.items()}
    quarters = statistics.quantiles(ratios["int8"], n=4)
    sizes = {"fp32": len(full), "int8": len(integers), "fp16": len(half)}
    return Measurement(
        name="int8_latency",
        measured=statistics.median(ratios["int8"]),
        target=_TARGET,
        unit="times as fast as fp32",
        direction="at_least",
        details=(
            f"resnet18, {SIZE} px, one image at a time, {THREADS} threads, {ROUNDS} rounds in turns",
            f"fp32: {1000 * statistics.median(before for before, _ in measured['int8']):.1f} ms",
            f"int8: {1000 * statistics.median(after for _, after in measured['int8']):.1f} ms; half of the ratios lie "
            f"between {quarters[0]:.2f} and {quarters[2]:.2f}",
            f"int8 as processors without VNNI work it out, by kernels for unsigned weights: "
            f"{1000 * statistics.median(after for _, after in measured['unsigned']):.1f} ms, "
            f"{statistics.median(ratios['unsigned']):.2f} times as fast",
            f"fp16: {1000 * statistics.median(after for _, after in measured['fp16']):.1f} ms, "
            f"{statistics.median(ratios['fp16']):.2f} times as fast",
            ", ".join(f"{name}: {size / 1e6:.1f} MB" for name, size in sizes.items()),
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _graph(pixels: np.ndarray) -> bytes:
    statistics_of_noise = NormalizationStats(
        mean=(0.5,) * 3, std=(0.25,) * 3, input_size=SIZE, images=len(pixels), source="training"
    )
    spec = specify_network(
        ModelConfig(name="resnet18", pretrained=False, input_size=SIZE),
        classes=("a", "b", "c", "d"),
        channels=3,
        normalization=statistics_of_noise,
    )
    network = build_network(spec, seed=0)
    # Normalisations that have seen images, as those of a trained network have: without, features grow from layer to
    # layer.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            module.reset_running_stats()
    with torch.no_grad():
        network.train()(torch.from_numpy(np.array(pixels)))
    return export_onnx(network.eval(), spec, temperature=1.0, opset=20)

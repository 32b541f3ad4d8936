"""The formats beside ONNX, each made, proven and timed."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.delivery import ExportConfig, FormatName
from medimage.evaluation.latency import Latency
from medimage.evaluation.timing import time_images
from medimage.export.deployed_network import Deployable
from medimage.export.exported_format import TITLES, ExportedFormat
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.probability_parity import compare_probabilities
from medimage.export.torch_program import export_torch_program, open_torch_program
from medimage.export.torchscript import export_torchscript, open_torchscript
from medimage.models.device import exact_float32
from medimage.models.trained_model import ModelSpec
from medimage.serving.classifier import threads_per_image
from medimage.serving.color_mode import ColorMode
from medimage.serving.preprocessing import prepare_image

_Maker = Callable[..., bytes]
_Opener = Callable[[bytes], torch.nn.Module]

_MAKERS: Mapping[FormatName, tuple[_Maker, _Opener]] = {
    "torchscript": (export_torchscript, open_torchscript),
    "torch_export": (export_torch_program, open_torch_program),
}


def export_further_formats(
    network: Deployable,
    judged: Sequence[JudgedAnswers],
    *,
    temperature: float,
    config: ExportConfig,
    encoded: Sequence[bytes],
) -> tuple[ExportedFormat, ...]:
    """Exports a network in every configured format but ONNX, and proves each from the file that was written.

    Args:
        network: Network in evaluation mode, on the CPU.
        judged: All test images with what the network said of them; of an ensemble, those of each fold.
        temperature: Divides the logits before the softmax.
        config: Formats and tolerance.
        encoded: Encoded images to time.

    Raises:
        ExportError: If a file cannot be made, or does not say what was judged.
    """
    formats: list[ExportedFormat] = []
    for name in config.formats:
        if name == "onnx":
            continue
        make, open_file = _MAKERS[name]
        content = make(network, network.spec, temperature=temperature)
        module = open_file(content)
        with torch.inference_mode(), exact_float32():
            parity = compare_probabilities(
                lambda batch, module=module: module(torch.from_numpy(batch))[0].numpy(),
                judged,
                tolerance=config.parity_tolerance,
                what=f"{TITLES[name]} file",
            )
        latency = _time(module, network.spec, encoded)
        formats.append(ExportedFormat(name=name, content=content, parity=parity, latency=latency))
    return tuple(formats)


def _time(module: torch.nn.Module, spec: ModelSpec, encoded: Sequence[bytes]) -> Latency:
    color_mode: ColorMode = "gray" if spec.channels == 1 else "rgb"

    def classify(data: bytes) -> NDArray[np.float32]:
        pixels = prepare_image(data, color_mode=color_mode, size=spec.input_size)
        return module(torch.from_numpy(np.array(pixels)[np.newaxis]))[0].numpy()

    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads_per_image())
    try:
        with torch.inference_mode():
            return time_images(classify, encoded, threads=threads_per_image())
    finally:
        torch.set_num_threads(threads_before)

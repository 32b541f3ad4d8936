import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from medimage.config.delivery import ExportConfig
from medimage.errors import ExportError
from medimage.export.exported_format import ExportedFormat
from medimage.export.further_formats import export_further_formats
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.torch_program import open_torch_program
from medimage.export.torchscript import open_torchscript
from medimage.models.build import build_network
from medimage.models.network import Network
from tests.support.images import encode, textured
from tests.support.training import bright_quarters, specification

CONFIG = ExportConfig(formats=("onnx", "torchscript", "torch_export"))
ENCODED = [encode(textured(seed)) for seed in range(5)]


def judged(network: Network, *, shift: float = 0.0) -> list[JudgedAnswers]:
    pixels = bright_quarters(35, seed=0).pixels
    with torch.no_grad():
        logits = network(torch.from_numpy(pixels)).numpy() + np.array([shift, 0, 0], np.float32)
    return [JudgedAnswers(pixels=pixels, logits=logits, temperature=1.3)]


@pytest.fixture(scope="module")
def network() -> Network:
    spec = specification("test_resnet", head="medical", test_time_augmentation=("horizontal_flip",))
    return build_network(spec, seed=0).eval()


@pytest.fixture(scope="module")
def files(network: Network) -> tuple[ExportedFormat, ...]:
    return export_further_formats(network, judged(network), temperature=1.3, config=CONFIG, encoded=ENCODED)


def test_every_format_is_proven_from_its_file_on_all_images(files: tuple[ExportedFormat, ...]) -> None:
    assert [each.name for each in files] == ["torchscript", "torch_export"]
    for each in files:
        assert each.parity.proven
        assert (each.parity.images, each.parity.identical_decisions) == (35, 35)
        assert each.latency.images == len(ENCODED)


def test_every_file_takes_any_number_of_images(files: tuple[ExportedFormat, ...], network: Network) -> None:
    opened = (open_torchscript(files[0].content), open_torch_program(files[1].content))
    for module in opened:
        for count in (1, 2, 7):
            pixels = torch.from_numpy(bright_quarters(count, seed=count).pixels)
            with torch.no_grad():
                probabilities, logits = module(pixels)
                expected = network(pixels)
            torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(probabilities, (expected / 1.3).softmax(dim=1), atol=1e-5, rtol=1e-4)


def test_no_file_holds_a_trace_of_the_machine(files: tuple[ExportedFormat, ...]) -> None:
    project = str(Path(__file__).parents[2]).encode()
    for each in files:
        with zipfile.ZipFile(io.BytesIO(each.content)) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                assert project not in content, name
                assert b"site-packages" not in content, name


def test_a_file_that_says_otherwise_than_was_judged_is_refused(network: Network) -> None:
    with pytest.raises(ExportError, match=r"The exported TorchScript file differs from the trained network"):
        export_further_formats(network, judged(network, shift=0.1), temperature=1.3, config=CONFIG, encoded=ENCODED)


def test_onnx_alone_makes_no_further_file(network: Network) -> None:
    made = export_further_formats(network, judged(network), temperature=1.3, config=ExportConfig(), encoded=ENCODED)
    assert made == ()

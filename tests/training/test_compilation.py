import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch

from medimage.config.augmentation import AugmentationConfig
from medimage.config.stage import StageConfig
from medimage.config.training import CompileSetting
from medimage.errors import TrainingError
from medimage.models.build import build_network
from medimage.models.state import copy_state, unpack_state
from medimage.training import compilation
from medimage.training.compilation import FEWEST_STEPS, CompiledClassifier, pays
from medimage.training.distributed.processes import Processes
from medimage.training.distributed.shared_dropout import SharedDropout
from medimage.training.forward import classify_images
from medimage.training.inputs.stage_inputs import open_training_inputs
from medimage.training.train import train_stage
from tests.support.training import SMALL, bright_quarters, short_recipe, specification, statistics

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(autouse=True)
def _quick_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    # Traces forward and backward as the compiler does, and runs what was traced: a second in place of a minute.
    monkeypatch.setattr(compilation, "BACKEND", "aot_eager")


@pytest.mark.parametrize(
    ("setting", "device", "steps", "expected"),
    [
        ("auto", CPU, 10**9, False),
        ("auto", CUDA, FEWEST_STEPS - 1, False),
        ("auto", CUDA, FEWEST_STEPS, True),
        ("auto", torch.device("mps"), 10**9, False),
        ("on", CPU, 1, True),
        ("off", CUDA, 10**9, False),
    ],
)
def test_auto_compiles_where_it_pays(setting: CompileSetting, device: torch.device, steps: int, expected: bool) -> None:
    assert pays(setting, device=device, steps=steps) is expected


def test_compiled_way_has_the_logits_and_gradients_of_the_network_and_its_state_keeps_its_names() -> None:
    network = build_network(specification(), seed=0).train()
    keys = list(network.state_dict())
    compiled = CompiledClassifier(network, batch_size=4, required=True)
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    gradients = []
    for classify in (lambda batch: classify_images(network, batch), compiled):
        network.zero_grad()
        classify(images).square().sum().backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in network.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, msg=name)
    assert list(network.state_dict()) == keys
    # Weights that change after compiling are the ones that count, and another size of batch runs as well.
    with torch.no_grad():
        network.head[0].weight.zero_()
        network.head[0].bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
    for batch in (images, images[:3]):
        assert torch.equal(compiled(batch), torch.tensor([[1.0, 2.0, 3.0]]).expand(len(batch), 3))


@pytest.mark.parametrize("model", ["test_resnet", "test_convnext"])
def test_each_of_several_processes_compiles_for_its_share_of_a_batch(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def counting_backend(module: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
        def run(*inputs: Any) -> Any:
            runs.append(1)
            return module(*inputs)

        return run

    monkeypatch.setattr(compilation, "BACKEND", counting_backend)
    spec = specification(model, head="medical", options={"drop_path_rate": 0.3})
    batch = torch.rand(8, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 255
    logits: dict[CompileSetting, list[torch.Tensor]] = {"off": [], "on": []}
    for setting, found in logits.items():
        for rank in range(2):
            processes = Processes(rank=rank, count=2)
            network = build_network(spec, seed=0).train()
            inputs = open_training_inputs(
                network,
                bright_quarters(42, seed=1),
                stage=2,
                config=StageConfig(epochs=1, learning_rate=1e-3),
                training=short_recipe(compile=setting),
                seed=7,
                batch_size=8,
                device=CPU,
                precision="fp32",
                counting=lambda _title, _total: lambda: None,
                processes=processes,
            )
            share = processes.share(8)
            torch.manual_seed(3)
            with SharedDropout(share):
                found.append(inputs.classify(batch[share.rows]))
            assert bool(runs) == (setting == "on")
            runs.clear()
    torch.testing.assert_close(logits["on"], logits["off"])


def train(setting: CompileSetting, **changes: Any):
    training = short_recipe(compile=setting, augmentation=AugmentationConfig(horizontal_flip=0.5), **changes)
    return train_stage(
        stage=2,
        model=SMALL,
        training=training,
        seed=7,
        train=bright_quarters(42, seed=1),
        validation=bright_quarters(16, seed=2),
        normalization=statistics(),
        batch_size=8,
    )


@pytest.mark.proof
def test_stage_that_is_compiled_trains_the_same_model() -> None:
    eager, compiled = train("off"), train("on")
    network = build_network(eager.spec, seed=0)
    states = []
    for trained in (eager, compiled):
        unpack_state(trained.last_weights, into=network)
        states.append(copy_state(network))
    for key, value in states[0].items():
        torch.testing.assert_close(states[1][key], value, rtol=1e-3, atol=1e-4, msg=key)
    assert train("on").last_weights == compiled.last_weights, "deterministic mode holds"


def test_network_that_cannot_be_compiled_is_a_warning_or_where_it_must_be_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> Any:
        raise RuntimeError("no C compiler found")

    monkeypatch.setattr(compilation, "BACKEND", refuse)
    network = build_network(specification(), seed=0).eval()
    images = torch.rand(4, 3, 32, 32)
    with pytest.raises(TrainingError, match=r"test_resnet cannot be compiled here: .*no C compiler.*compile: off"):
        CompiledClassifier(network, batch_size=4, required=True)(images)
    lenient = CompiledClassifier(network, batch_size=4, required=False)
    with caplog.at_level(logging.WARNING):
        torch.testing.assert_close(lenient(images), classify_images(network, images))
        lenient(images)
    assert caplog.text.count("cannot be compiled here") == 1


def test_memory_that_runs_out_while_compiling_is_not_blamed_on_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = CompiledClassifier(build_network(specification(), seed=0), batch_size=4, required=True)

    def run_out(_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(classifier, "_compiled", run_out)
    with pytest.raises(torch.OutOfMemoryError):
        classifier(torch.rand(4, 3, 32, 32))

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.models.build import build_network, load_network
from medimage.models.inference import predict_logits
from medimage.training.freezing import freeze
from medimage.training.weight_average import WeightAverage
from tests.support.trained_stages import VALIDATION, initial, run
from tests.support.training import short_recipe, specification

CPU = torch.device("cpu")


def expected(states: list[Tensor], *, decay: float) -> Tensor:
    """Returns the average of the weights after each step by its definition."""
    average = states[0]
    for step, state in enumerate(states[1:], start=1):
        kept = min(decay, 1 - (1 + step) ** (-2 / 3))
        average = kept * average + (1 - kept) * state
    return average


@pytest.mark.parametrize("decay", [0.5, 0.99])
@pytest.mark.parametrize("trainable", ["all", "head"])
def test_average_is_that_of_its_definition(decay: float, trainable: str) -> None:
    network = build_network(specification(), seed=0)
    freeze(network, trainable=trainable)  # type: ignore[arg-type]
    average = WeightAverage(network, decay=decay)
    states = []
    for step in range(8):
        with torch.no_grad():
            for parameter in network.head.parameters():
                parameter.copy_(torch.full_like(parameter, float(step * step)))
        average.update(network)
        states.append(network.head[0].weight.detach().double().clone())  # type: ignore[index]
    found = average.network.head[0].weight  # type: ignore[index]
    torch.testing.assert_close(found.double(), expected(states, decay=decay), rtol=1e-5, atol=1e-5)
    assert average.steps == 8


def test_frozen_backbone_is_not_copied() -> None:
    network = build_network(specification(), seed=0)
    freeze(network, trainable="head")
    average = WeightAverage(network, decay=0.9)
    assert average.network.backbone is network.backbone
    assert average.network.head is not network.head


def distance(first: bytes, second: bytes) -> float:
    """Returns how far two sets of weights lie apart, buffers not counted."""
    before, after = safetensors.torch.load(first), safetensors.torch.load(second)
    trained = [name for name, _ in build_network(specification(), seed=0).named_parameters()]
    return float(sum((after[name].double() - before[name].double()).square().sum() for name in trained) ** 0.5)


def test_average_moves_less_than_the_weights() -> None:
    # Steps so large that the weights jump about, and an average that does not.
    recipe = short_recipe(stage2=StageConfig(epochs=3, optimizer="sgd", learning_rate=0.05))
    start = initial().weights
    plain = run(2, recipe)
    averaged = run(2, recipe.model_copy(update={"weight_average": 0.99}))
    assert 0 < distance(start, averaged.last_weights) < distance(start, plain.last_weights)
    # The images, their order and the steps are the same.
    assert [epoch.train_loss for epoch in plain.history.epochs] == [
        epoch.train_loss for epoch in averaged.history.epochs
    ]


@pytest.mark.parametrize("selection", ["best_validation", "last"])
@pytest.mark.parametrize(("stage", "trainable"), [(1, "head"), (2, "all")])
def test_what_is_validated_is_what_is_returned(stage: int, trainable: str, selection: str) -> None:
    config = StageConfig.model_validate(
        {"epochs": 3, "trainable": trainable, "optimizer": "sgd", "learning_rate": 0.05, "selection": selection}
    )
    recipe = short_recipe(**{f"stage{stage}": config}, weight_average=0.9)
    trained = run(stage, recipe)
    best = load_network(trained)
    logits = predict_logits(best, VALIDATION.pixels, batch_size=8, device=CPU)
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits), torch.from_numpy(VALIDATION.labels), label_smoothing=0.1
    )
    number = trained.history.stages[-1].best_epoch
    assert number > 0
    epoch = trained.history.epochs[number - 1]
    assert epoch.validation_loss == pytest.approx(float(loss), rel=1e-4)
    assert epoch.validation_accuracy == np.mean(logits.argmax(axis=1) == VALIDATION.labels)

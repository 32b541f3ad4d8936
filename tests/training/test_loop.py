import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medimage.training.batches import Batches
from medimage.training.failures import NonFiniteError
from medimage.training.loop import PassResult, StepSettings, train_epoch, validate
from medimage.training.loss import build_loss

CPU = torch.device("cpu")
PLAIN = StepSettings(accumulation=1, gradient_clip=None, precision="fp32")
UNWEIGHTED = np.ones(2)


def features(images: int, *, batch_size: int, scale: float = 1.0) -> Batches:
    generator = np.random.default_rng(0)
    labels = (np.arange(images) % 2).astype(np.int64)
    inputs = (scale * (generator.normal(size=(images, 4)) + labels[:, None])).astype(np.float32)
    return Batches(inputs=inputs, labels=labels, batch_size=batch_size, device=CPU)


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 2)


def trained(model: nn.Linear, batches: Batches, settings: StepSettings, *, rate: float = 0.1) -> PassResult:
    return train_epoch(
        model,
        parameters=list(model.parameters()),
        batches=batches.in_order(),
        count=len(batches),
        loss=build_loss(UNWEIGHTED, label_smoothing=0.0),
        optimizer=torch.optim.SGD(model.parameters(), lr=rate),
        settings=settings,
        on_batch=lambda: None,
    )


def test_accumulated_batches_take_the_step_of_one_large_batch() -> None:
    small, large = linear(), linear()
    trained(small, features(24, batch_size=6), StepSettings(accumulation=2, gradient_clip=None, precision="fp32"))
    trained(large, features(24, batch_size=12), PLAIN)
    torch.testing.assert_close(small.weight, large.weight)


def test_last_step_averages_the_batches_that_are_left() -> None:
    small, large = linear(), linear()
    trained(small, features(18, batch_size=6), StepSettings(accumulation=2, gradient_clip=None, precision="fp32"))
    batches = features(18, batch_size=6)
    optimizer = torch.optim.SGD(large.parameters(), lr=0.1)
    for start, stop in ((0, 12), (12, 18)):
        inputs, labels = torch.from_numpy(batches.inputs[start:stop]), torch.from_numpy(batches.labels[start:stop])
        optimizer.zero_grad()
        nn.functional.cross_entropy(large(inputs), labels).backward()
        optimizer.step()
    torch.testing.assert_close(small.weight, large.weight)


def test_gradient_is_clipped_to_its_largest_norm() -> None:
    free, clipped = linear(), linear()
    start = linear()
    batches = features(8, batch_size=8, scale=50)
    trained(free, batches, PLAIN, rate=1.0)
    trained(clipped, batches, StepSettings(accumulation=1, gradient_clip=0.25, precision="fp32"), rate=1.0)

    def moved(model: nn.Linear) -> float:
        pairs = zip(model.parameters(), start.parameters(), strict=True)
        return sum(((after - before) ** 2).sum().item() for after, before in pairs) ** 0.5

    assert moved(free) > 1
    assert moved(clipped) == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize("weights", [np.ones(2), np.array([1.0, 5.0])])
def test_validation_loss_does_not_depend_on_the_batch_size(weights: np.ndarray) -> None:
    model, loss = linear(), build_loss(weights, label_smoothing=0.1)
    results = [
        validate(model, batches=features(25, batch_size=size), loss=loss, precision="fp32", on_batch=lambda: None)
        for size in (25, 4)
    ]
    whole = features(25, batch_size=25)
    inputs, labels = torch.from_numpy(whole.inputs), torch.from_numpy(whole.labels)
    with torch.no_grad():
        expected = loss(model(inputs), labels).item()
        accuracy = (model(inputs).argmax(1) == labels).float().mean().item()
    assert [result.loss for result in results] == pytest.approx([expected] * 2, rel=1e-5)
    assert [result.accuracy for result in results] == pytest.approx([accuracy] * 2)


def test_every_batch_is_reported() -> None:
    calls: list[int] = []
    validate(
        linear(),
        batches=features(20, batch_size=6),
        loss=build_loss(UNWEIGHTED, label_smoothing=0.0),
        precision="fp32",
        on_batch=lambda: calls.append(1),
    )
    assert len(calls) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_loss_that_is_not_finite_stops_training_in_its_batch(value: float) -> None:
    batches = features(24, batch_size=6)
    batches.inputs[13] = value
    with pytest.raises(NonFiniteError, match=r"The loss became nan in batch 3 of 4"):
        trained(linear(), batches, PLAIN)


def test_gradient_that_is_not_finite_stops_training() -> None:
    model = linear()

    def with_infinite_slope(inputs: Tensor) -> Tensor:
        return model(inputs) + (model.weight.sum() * 0).sqrt()

    with pytest.raises(NonFiniteError, match=r"The gradient became nan in batch 1 of 1"):
        train_epoch(
            with_infinite_slope,
            parameters=list(model.parameters()),
            batches=features(6, batch_size=6).in_order(),
            count=1,
            loss=build_loss(UNWEIGHTED, label_smoothing=0.0),
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
            settings=StepSettings(accumulation=1, gradient_clip=1.0, precision="fp32"),
            on_batch=lambda: None,
        )


def test_validation_that_is_not_finite_is_told() -> None:
    batches = features(6, batch_size=6)
    batches.inputs[0] = np.nan
    with pytest.raises(NonFiniteError, match="validation images"):
        validate(
            linear(),
            batches=batches,
            loss=build_loss(UNWEIGHTED, label_smoothing=0.0),
            precision="fp32",
            on_batch=lambda: None,
        )

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from medimage.training.divergence import DivergenceError
from medimage.training.gradient_steps import GradientSteps
from medimage.training.inputs.batches import Batches
from medimage.training.loop import PassResult, train_epoch, validate
from medimage.training.loss import build_loss
from tests.support.training import TensorOnMps

CPU = torch.device("cpu")
UNWEIGHTED = np.ones(2)


def features(images: int, *, batch_size: int, scale: float = 1.0) -> Batches:
    generator = np.random.default_rng(0)
    labels = (np.arange(images) % 2).astype(np.int64)
    inputs = (scale * (generator.normal(size=(images, 4)) + labels[:, None])).astype(np.float32)
    return Batches(inputs=inputs, labels=labels, batch_size=batch_size, device=CPU)


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 2)


def trained(
    model: nn.Module,
    batches: Batches,
    *,
    accumulation: int = 1,
    gradient_clip: float | None = None,
    rate: float = 0.1,
    weights: np.ndarray = UNWEIGHTED,
) -> PassResult:
    return train_epoch(
        model,
        batches=batches.in_order(),
        count=len(batches),
        loss=build_loss(weights, label_smoothing=0.0),
        steps=GradientSteps(
            torch.optim.SGD(model.parameters(), lr=rate),
            gradient_clip=gradient_clip,
            scaler=GradScaler("cpu", enabled=False),
            after_step=lambda: None,
        ),
        accumulation=accumulation,
        precision="fp32",
        on_batch=lambda: None,
    )


@pytest.mark.parametrize("weights", [UNWEIGHTED, np.array([1.0, 7.0])])
def test_accumulated_batches_take_the_step_of_one_large_batch(weights: np.ndarray) -> None:
    small, large = linear(), linear()
    # Batches of 5 hold other shares of the classes than those of 10, and the last one has 4 images.
    trained(small, features(24, batch_size=5), accumulation=2, weights=weights)
    trained(large, features(24, batch_size=10), weights=weights)
    torch.testing.assert_close(small.weight, large.weight)


def test_last_step_takes_the_batches_that_are_left() -> None:
    small, large = linear(), linear()
    trained(small, features(18, batch_size=6), accumulation=2)
    batches = features(18, batch_size=6)
    optimizer = torch.optim.SGD(large.parameters(), lr=0.1)
    for start, stop in ((0, 12), (12, 18)):
        inputs, labels = torch.from_numpy(batches.inputs[start:stop]), torch.from_numpy(batches.labels[start:stop])
        optimizer.zero_grad()
        nn.functional.cross_entropy(large(inputs), labels).backward()
        optimizer.step()
    torch.testing.assert_close(small.weight, large.weight)


def test_plain_batches_take_the_steps_of_a_plain_loop_bit_for_bit() -> None:
    ours, theirs = linear(), linear()
    batches = features(30, batch_size=8)
    trained(ours, batches, weights=np.array([1.0, 3.0]))
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0]))
    for inputs, labels in batches.in_order():
        optimizer.zero_grad()
        loss(theirs(inputs), labels).backward()
        optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)


def test_gradient_is_clipped_to_its_largest_norm() -> None:
    free, clipped = linear(), linear()
    start = linear()
    batches = features(8, batch_size=8, scale=50)
    trained(free, batches, rate=1.0)
    trained(clipped, batches, gradient_clip=0.25, rate=1.0)

    def moved(model: nn.Linear) -> float:
        pairs = zip(model.parameters(), start.parameters(), strict=True)
        return sum(((after - before) ** 2).sum().item() for after, before in pairs) ** 0.5

    assert moved(free) > 1
    assert moved(clipped) == pytest.approx(0.25, rel=1e-4)


def test_clipped_steps_equal_those_of_a_plain_loop() -> None:
    ours, theirs = linear(), linear()
    batches = features(30, batch_size=8, scale=5)
    trained(ours, batches, gradient_clip=0.5)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for inputs, labels in batches.in_order():
        optimizer.zero_grad()
        nn.functional.cross_entropy(theirs(inputs), labels).backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)


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
    with pytest.raises(DivergenceError, match=r"The loss became nan in batch 3 of 4"):
        trained(linear(), batches)


class InfiniteSlope(nn.Linear):
    """Its outputs are finite, its gradients are not."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return super().forward(input) + (self.weight.sum() * 0).sqrt()


@pytest.mark.parametrize("gradient_clip", [None, 1.0])
def test_gradient_that_is_not_finite_stops_training_in_its_batch(gradient_clip: float | None) -> None:
    model = InfiniteSlope(4, 2)
    before = model.weight.detach().clone()
    with pytest.raises(DivergenceError, match=r"The gradient became nan in batch 1 of 2"):
        trained(model, features(12, batch_size=6), gradient_clip=gradient_clip)
    assert torch.equal(model.weight, before)


def test_figures_need_no_float64_of_the_device() -> None:
    batches, model, loss = features(25, batch_size=6), linear(), build_loss(UNWEIGHTED, label_smoothing=0.1)
    ours, theirs = (
        validate(classify, batches=batches, loss=loss, precision="fp32", on_batch=lambda: None)
        for classify in (lambda inputs: model(inputs).as_subclass(TensorOnMps), model)
    )
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-6)
    assert (ours.accuracy, ours.auroc) == (theirs.accuracy, theirs.auroc)


def test_validation_that_is_not_finite_is_told() -> None:
    batches = features(6, batch_size=6)
    batches.inputs[0] = np.nan
    with pytest.raises(DivergenceError, match="validation images"):
        validate(
            linear(),
            batches=batches,
            loss=build_loss(UNWEIGHTED, label_smoothing=0.0),
            precision="fp32",
            on_batch=lambda: None,
        )

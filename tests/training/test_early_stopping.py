import pytest

from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.training.early_stopping import EarlyStopping
from medimage.training.loop import PassResult


def epochs_run(config: EarlyStoppingConfig | None, losses: list[float], accuracies: list[float] | None = None) -> int:
    stopping = EarlyStopping(config)
    pairs = zip(losses, accuracies or [0.5] * len(losses), strict=True)
    for epoch, (loss, accuracy) in enumerate(pairs, start=1):
        if stopping.should_stop(PassResult(loss=loss, accuracy=accuracy)):
            return epoch
    return len(losses)


def test_stage_ends_after_as_many_epochs_without_improvement_as_patience_allows() -> None:
    assert epochs_run(EarlyStoppingConfig(patience=3), [1.0, 0.9, 0.95, 0.95, 0.95, 0.1]) == 5


def test_improvement_starts_the_count_anew() -> None:
    assert epochs_run(EarlyStoppingConfig(patience=2), [1.0, 1.1, 0.9, 1.1, 0.8, 1.1, 0.7]) == 7


@pytest.mark.parametrize(("min_delta", "ended"), [(0.0, 6), (0.05, 3)])
def test_small_change_is_no_improvement(min_delta: float, ended: int) -> None:
    losses = [1.0, 0.99, 0.98, 0.97, 0.96, 0.95]
    assert epochs_run(EarlyStoppingConfig(patience=2, min_delta=min_delta), losses) == ended


def test_accuracy_improves_upwards() -> None:
    config = EarlyStoppingConfig(monitor="validation_accuracy", patience=2)
    assert epochs_run(config, [1.0] * 6, [0.5, 0.6, 0.7, 0.7, 0.7, 0.9]) == 5


def test_without_early_stopping_every_epoch_runs() -> None:
    assert epochs_run(None, [1.0] * 50) == 50

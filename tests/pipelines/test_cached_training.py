import pytest

from medimage.config.delivery import TrackingConfig
from pipelines.cached_training import unwritten_logs

CACHED = {"status": "cached", "seconds": 0.0}
TRAINED = {"status": "completed", "seconds": 9.0}


def test_logs_that_a_cached_training_could_not_write_are_told() -> None:
    steps = {"prepare_pixels": TRAINED, "train_stage1": CACHED, "train_stage2": CACHED}
    told = unwritten_logs(steps, TrackingConfig(csv=True, tensorboard=True))
    assert told is not None
    assert "train_stage1, train_stage2" in told
    assert "tracking.csv and tracking.tensorboard wrote nothing" in told
    assert "--no-cache" in told


def test_of_several_stages_only_those_of_the_cache_are_told() -> None:
    told = unwritten_logs({"train_stage1": CACHED, "train_stage2": TRAINED}, TrackingConfig(csv=True))
    assert told is not None
    assert "train_stage1 " in told
    assert "train_stage2" not in told


@pytest.mark.parametrize(
    ("steps", "tracking"),
    [
        ({"train_stage1": CACHED, "train_stage2": CACHED}, TrackingConfig()),
        ({"train_stage1": TRAINED, "train_stage2": TRAINED}, TrackingConfig(csv=True)),
        ({"audit": CACHED}, TrackingConfig(csv=True)),
    ],
)
def test_nothing_is_told_where_nothing_was_asked_for_or_all_was_trained(steps, tracking: TrackingConfig) -> None:
    assert unwritten_logs(steps, tracking) is None

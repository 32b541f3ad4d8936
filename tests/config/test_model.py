from pathlib import Path

import pytest
from pydantic import ValidationError

from medimage.config.model import ModelConfig
from medimage.config.pretrained_statistics import PretrainedStatistics


def test_where_saved_statistics_lie_is_not_part_of_what_training_depends_on() -> None:
    here, there = (ModelConfig(name="resnet18", normalization_file=Path(name)) for name in ("here.json", "there.json"))
    assert here.without_files_of_statistics() == there.without_files_of_statistics() == ModelConfig(name="resnet18")


def test_statistics_of_weights_are_refused_where_nothing_would_use_them() -> None:
    given = {"mean": [0.5], "std": [0.5]}
    ModelConfig.model_validate({"normalization": "pretrained", "pretrained_statistics": given})
    with pytest.raises(ValidationError, match="normalization: pretrained"):
        ModelConfig.model_validate({"pretrained_statistics": given})


@pytest.mark.parametrize(
    ("mean", "std"), [([0.5], [0.5] * 3), ([0.5] * 2, [0.5] * 2), ([], []), ([127.5], [0.5]), ([0.5], [0.0])]
)
def test_statistics_of_weights_that_no_image_can_have_are_refused(mean: list[float], std: list[float]) -> None:
    with pytest.raises(ValidationError):
        PretrainedStatistics.model_validate({"mean": mean, "std": std})

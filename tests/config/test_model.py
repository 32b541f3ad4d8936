from pathlib import Path

from medimage.config.model import ModelConfig


def test_where_saved_statistics_lie_is_not_part_of_what_training_depends_on() -> None:
    here, there = (ModelConfig(name="resnet18", normalization_file=Path(name)) for name in ("here.json", "there.json"))
    assert here.without_files_of_statistics() == there.without_files_of_statistics() == ModelConfig(name="resnet18")

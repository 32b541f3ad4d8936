"""The two commands of the documentation on real images, on a subset and for few epochs."""

from pathlib import Path

import pytest

from tests.support.commands import train

pytestmark = [pytest.mark.end_to_end, pytest.mark.real_images]

SHORT = (
    *("--config", "configs/hardware/cpu.yaml", "--data.images_per_class", "80", "--model.input_size", "96"),
    *(
        "--training.stage1.epochs",
        "2",
        "--training.stage2.epochs",
        "3",
        "--training.stage2.schedule.warmup_epochs",
        "0",
    ),
    *("--explanation.images_per_class", "2", "--evaluation.latency_images", "20"),
)


@pytest.fixture(scope="module")
def weights(real_images: Path) -> Path:
    file = real_images.parent / "weights" / "mobilenetv2_100_imagenet1001.safetensors"
    if not file.is_file():
        pytest.skip(f"there are no ImageNet weights: {file} does not exist")
    return file


@pytest.mark.parametrize(
    ("config", "data_set", "settings", "classes"),
    [
        pytest.param("brain", "brain4", ("--data.classes", "auto"), 4, marks=pytest.mark.proof),
        pytest.param("lung", "chest5", (), 5, marks=pytest.mark.proof),
    ],
)
def test_a_configuration_runs_to_a_verdict_on_real_images(  # noqa: PLR0917
    tmp_path: Path,
    real_images: Path,
    weights: Path,
    config: str,
    data_set: str,
    settings: tuple[str, ...],
    classes: int,
) -> None:
    finished = train(
        tmp_path / "home",
        *("--config", f"configs/{config}.yaml", *SHORT, "--model.name", "mobilenetv2_100"),
        *("--model.weights", str(weights), "--data.source", "folder", "--data.path", str(real_images / data_set)),
        *settings,
    )
    assert finished.exit_code in (0, 3), finished.errors[-3000:]
    assert finished.summary["verdict"] in ("PASS", "INCONCLUSIVE", "FAIL")
    assert len(finished.summary["metrics"]["sensitivity"]) == classes
    # Whether anything was learnt at all: on some 50 test images, twice chance is three standard errors above chance.
    assert finished.summary["metrics"]["balanced_accuracy"]["value"] > 2 / classes
    crossing = [item for item in finished.summary["criteria"] if item["name"].startswith("crossing")]
    assert [item["estimate"] for item in crossing] == [0, 0]

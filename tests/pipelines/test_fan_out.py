"""Which steps a run has where its work is divided into shares."""

from dataclasses import dataclass
from typing import Any

import pytest
from zenml.execution.pipeline.dynamic.outputs import StepFuture

from medimage.config.run import RunConfig
from medimage.config.stack.fan_out import FanOutConfig
from medimage.registry.version_reference import VersionReference
from pipelines.branches import all_finished, await_turn
from pipelines.definitions import pixels
from pipelines.definitions.inference import inference_pipeline
from pipelines.definitions.pixels import decode
from pipelines.run_settings import RunSettings, resolve_run_settings
from tests.support.recorded_steps import Output, recorded_steps

MODEL = VersionReference(name="lung", version=1, onnx_sha256="ab")
CONFIG = RunConfig.model_validate(
    {
        "data": {"source": "synthetic"},
        "model": {"name": "test_resnet", "input_size": 32, "pretrained": False},
        "training": {"device": "cpu"},
    }
)


@dataclass(frozen=True)
class Images:
    """What the pipeline looks at of a split."""

    image_ids: tuple[str, ...]


@pytest.fixture(scope="module")
def settings() -> RunSettings:
    return resolve_run_settings(CONFIG)


def decoding_steps(
    settings: RunSettings, images: int, fan_out: FanOutConfig, *, branch: str | None = None
) -> dict[str, Any]:
    split = Output(Images(tuple(map(str, range(images)))))
    with pytest.MonkeyPatch.context() as patched, recorded_steps() as recorded:
        patched.setattr(pixels, "active_fan_out", lambda: fan_out)
        decode(Output(), split, CONFIG, settings, branch=branch)
    return recorded


@pytest.mark.parametrize(
    ("images", "fan_out"),
    [
        (10**6, FanOutConfig()),
        (1999, FanOutConfig(pixels=8)),
        (1, FanOutConfig(pixels=8, least_images=1)),
        (0, FanOutConfig(pixels=8, least_images=1)),
    ],
)
def test_pixels_of_few_images_and_of_a_stack_that_says_nothing_are_one_step(
    settings: RunSettings, images: int, fan_out: FanOutConfig
) -> None:
    assert list(decoding_steps(settings, images, fan_out)) == ["prepare_pixels"]
    assert list(decoding_steps(settings, images, fan_out, branch="32px")) == ["prepare_pixels-32px"]


def test_pixels_of_many_images_are_shares_of_which_one_store_is_made(settings: RunSettings) -> None:
    recorded = decoding_steps(settings, 3000, FanOutConfig(pixels=8))
    *shares, last = recorded
    assert (shares, last) == ([f"prepare_pixel_share-{number}_of_3" for number in (1, 2, 3)], "merge_pixel_shares")
    alone = decoding_steps(settings, 3000, FanOutConfig())["prepare_pixels"].parameters
    for number, name in enumerate(shares):
        assert recorded[name].parameters == {**alone, "share": {"number": number, "count": 3}}
    named = decoding_steps(settings, 2000, FanOutConfig(pixels=8), branch="32px")
    assert list(named) == [
        "prepare_pixel_share-32px-1_of_2",
        "prepare_pixel_share-32px-2_of_2",
        "merge_pixel_shares-32px",
    ]


@pytest.mark.parametrize(
    ("fingerprints", "steps"),
    [
        (["a"], ["predict_images"]),
        (["a", "b"], ["predict_image_share-1_of_2", "predict_image_share-2_of_2", "join_predictions"]),
    ],
)
def test_answers_are_one_step_or_shares_that_are_joined(fingerprints: list[str], steps: list[str]) -> None:
    with recorded_steps() as recorded:
        inference_pipeline.entrypoint(MODEL, "/images", fingerprints, {"pillow": "12"})
    assert list(recorded) == steps
    for fingerprint, step in zip(fingerprints, steps, strict=False):
        assert recorded[step].parameters["fingerprint"] == fingerprint
        assert recorded[step].parameters["model"] == MODEL.model_dump()


class Under(StepFuture):
    """The output of a step that is under way at so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__("step", ["output"])
        self.looks = looks

    def running(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


@pytest.mark.parametrize(("at_once", "ended"), [(None, 0), (3, 0), (2, 1), (1, 2)])
def test_a_branch_is_begun_when_it_is_its_turn(
    monkeypatch: pytest.MonkeyPatch, at_once: int | None, ended: int
) -> None:
    monkeypatch.setattr("pipelines.branches._SECONDS", 0)
    monkeypatch.setattr("pipelines.branches.active_fan_out", lambda: FanOutConfig(at_once=at_once))
    one, other = Under(3), Under(6)
    # What is there already, as where steps run one after the other, is not waited for.
    await_turn([(one, "there"), (other,), ("there",)])
    assert sum(output.looks < 0 for output in (one, other)) == ended


class Failing:
    """The output of a step that failed."""

    def result(self) -> Any:
        raise ValueError("first")


def test_every_branch_is_waited_for_before_one_that_failed_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Any] = []

    def finished(output: Any) -> Any:
        waited.append(output)
        if isinstance(output, Failing):
            output.result()
        return output

    monkeypatch.setattr("pipelines.branches.finished", finished)
    failing = Failing()
    with pytest.raises(ValueError, match="first"):
        all_finished([failing, 2], [3, 4])
    assert waited == [failing, 2, 3, 4]
    assert all_finished([1, 2], [3, 4]) == [[1, 2], [3, 4]]

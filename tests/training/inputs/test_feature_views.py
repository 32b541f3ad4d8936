from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from medimage.config.augmentation import AugmentationConfig
from medimage.config.mixing import MixingConfig
from medimage.config.stage import StageConfig
from medimage.errors import StorageError
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.training.augmentation.augment import augment
from medimage.training.forward import pixels_forward
from medimage.training.freezing import freeze
from medimage.training.inputs.batches import Batches
from medimage.training.inputs.feature_views import FeatureViews, feature_forward
from medimage.training.inputs.stage_inputs import open_training_inputs
from medimage.training.inputs.training_inputs import AugmentedImages, TrainingInputs
from tests.support.disk import files_limited_to
from tests.support.training import bright_quarters, short_recipe, specification

CPU = torch.device("cpu")
DATA = bright_quarters(22, seed=0)
CHANGES = AugmentationConfig(horizontal_flip=0.5, rotation=20, brightness=0.2)


class Passes:
    """Counts passes over the images."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.batches = 0

    def __call__(self, title: str, total: int) -> Callable[[], None]:
        self.titles.append(f"{title} ({total})")

        def step() -> None:
            self.batches += 1

        return step


def frozen() -> Network:
    network = build_network(specification(classes=2), seed=1)
    freeze(network, trainable="head")
    return network


def views(network: Network, *, count: int, counting: Passes, **changes: Any) -> FeatureViews:
    arguments: dict[str, Any] = {
        "batches": Batches.of_pixels(DATA, batch_size=4, device=CPU),
        "config": CHANGES,
        "precision": "fp32",
        "sampling": "shuffled",
        "seed_of": lambda epoch: 100 + epoch,
        "seed_of_view": lambda view: 200 + view,
    }
    return FeatureViews(network, views=count, counting=counting, **{**arguments, **changes})


def taken(inputs: TrainingInputs, epoch: int) -> dict[int, torch.Tensor]:
    """Returns each image's input in an epoch; the seeds of `seed_of` say where the images are."""
    order = torch.randperm(22, generator=torch.Generator().manual_seed(100 + epoch)).tolist()
    rows = torch.cat([batch for batch, _ in inputs.epoch(epoch)])
    return dict(zip(order, rows, strict=True))


def test_features_are_those_of_augmented_images_in_evaluation_mode() -> None:
    network = frozen()
    inputs = views(network, count=1, counting=Passes())
    found = taken(inputs, 1)
    network.eval()
    generator = torch.Generator().manual_seed(200)
    with torch.no_grad():
        for start in range(0, 22, 4):
            pixels = torch.from_numpy(DATA.pixels[start : start + 4])
            images = network.normalize(augment(pixels, config=CHANGES, generator=generator))
            expected = network.pool(network.forward_features(images))
            for row, features in enumerate(expected, start=start):
                torch.testing.assert_close(found[row], features, rtol=1e-4, atol=1e-5)


def test_epochs_take_the_views_in_turn_and_compute_each_once() -> None:
    passes = Passes()
    inputs = views(frozen(), count=3, counting=passes)
    epochs = []
    for epoch in range(1, 8):
        inputs.prepare(epoch)
        assert len(passes.titles) == min(epoch, 3)
        epochs.append(taken(inputs, epoch))
    assert passes.titles == [f"features of the training images, view {view} of 3 (6)" for view in (1, 2, 3)]
    assert passes.batches == 18
    for image in range(22):
        assert torch.equal(epochs[0][image], epochs[3][image])
        assert torch.equal(epochs[1][image], epochs[4][image])
        assert not torch.equal(epochs[0][image], epochs[1][image])
        assert not torch.equal(epochs[1][image], epochs[2][image])


def test_labels_stay_with_their_features() -> None:
    inputs = views(frozen(), count=2, counting=Passes())
    order = torch.randperm(22, generator=torch.Generator().manual_seed(102)).numpy()
    labels = torch.cat([labels for _, labels in inputs.epoch(2)])
    assert np.array_equal(labels.numpy(), DATA.labels[order])


def test_epoch_does_not_depend_on_those_before_it() -> None:
    resumed, uninterrupted = (views(frozen(), count=3, counting=Passes()) for _ in range(2))
    for epoch in range(1, 5):
        before = taken(uninterrupted, epoch)
    after = taken(resumed, 4)
    assert all(torch.equal(before[image], after[image]) for image in range(22))


def test_views_that_do_not_fit_into_memory_lie_in_files_and_are_the_same() -> None:
    width = taken(views(frozen(), count=1, counting=Passes()), 1)[0].nbytes
    roomy = views(frozen(), count=3, counting=Passes())
    # Room for one view and a half.
    tight = views(frozen(), count=3, counting=Passes(), memory_bytes=33 * width)
    for epoch in (1, 2, 3):
        first, second = taken(roomy, epoch), taken(tight, epoch)
        assert all(torch.equal(first[image], second[image]) for image in range(22))
    kinds = [isinstance(view, np.memmap) for view in tight._views]
    assert kinds == [False, True, True]
    assert not any(isinstance(view, np.memmap) for view in roomy._views)


def test_head_on_features_gives_what_the_whole_network_gives() -> None:
    network = frozen()
    source = pixels_forward(network, DATA, batch_size=4, device=CPU)
    kept = feature_forward(network, source, precision="fp32", on_batch=lambda: None)
    network.eval()
    with torch.no_grad():
        for (pixels, labels), (features, same) in zip(source.batches.in_order(), kept.batches.in_order(), strict=True):
            torch.testing.assert_close(kept.classify(features), source.classify(pixels), rtol=1e-4, atol=1e-5)
            assert torch.equal(labels, same)


def opened(*, trainable: str = "head", feature_views: int = 0, **recipe: Any) -> TrainingInputs:
    network = build_network(specification(classes=2), seed=1)
    freeze(network, trainable=trainable)  # type: ignore[arg-type]
    config = StageConfig(epochs=2, trainable=trainable, feature_views=feature_views)  # type: ignore[arg-type]
    return open_training_inputs(
        network,
        DATA,
        stage=1,
        config=config,
        training=short_recipe(**recipe),
        seed=3,
        batch_size=4,
        device=CPU,
        precision="fp32",
        counting=Passes(),
    )


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, 1),
        ({"feature_views": 5}, 1),
        ({"augmentation": CHANGES}, None),
        ({"augmentation": CHANGES, "feature_views": 5}, 5),
        ({"mixing": MixingConfig(mixup=0.2)}, None),
        ({"mixing": MixingConfig(mixup=0.2), "feature_views": 2, "augmentation": CHANGES}, 2),
        ({"trainable": "all"}, None),
    ],
)
def test_features_are_kept_where_they_stay_the_same_or_the_recipe_asks(settings: dict[str, Any], kept: int) -> None:
    inputs = opened(**settings)
    assert isinstance(inputs, AugmentedImages if kept is None else FeatureViews)
    if isinstance(inputs, FeatureViews):
        assert len(inputs._views) == kept


def test_images_are_mixed_and_sampled_as_the_recipe_says() -> None:
    inputs = opened(trainable="all", sampling="balanced", mixing=MixingConfig(mixup=1.0))
    batches = list(inputs.epoch(1))
    assert sum(len(images) for images, _ in batches) == 22
    assert all(shares.shape == (len(images), 2) for images, shares in batches)
    again = list(opened(trainable="all", sampling="balanced", mixing=MixingConfig(mixup=1.0)).epoch(1))
    assert all(torch.equal(first[0], second[0]) for first, second in zip(batches, again, strict=True))


def test_views_of_a_backbone_that_is_trained_are_refused() -> None:
    with pytest.raises(ValidationError, match="feature_views is 2 but trainable is 'all'"):
        StageConfig(trainable="all", feature_views=2)


def test_evening_classes_out_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="rare ones would count twice"):
        short_recipe(sampling="balanced", class_weights="auto")
    with pytest.raises(ValidationError, match="rare ones would count twice"):
        short_recipe(sampling="balanced", class_weights={"a": 1.0, "b": 2.0})


def test_balanced_sampling_makes_up_for_unequal_classes_as_automatic_weights_do() -> None:
    assert short_recipe(sampling="balanced").evening_out == "auto"
    assert short_recipe(class_weights="auto").evening_out == "auto"
    assert short_recipe(class_weights={"a": 1.0}).evening_out == {"a": 1.0}
    assert short_recipe().evening_out == "none"


def test_features_that_no_disk_has_room_for_are_told() -> None:
    inputs = views(frozen(), count=1, counting=Passes(), memory_bytes=0)
    with files_limited_to(1000), pytest.raises(StorageError, match=r"TMPDIR .* or set a smaller feature_views"):
        inputs.prepare(1)

import dataclasses
import json

import pytest
import torch

from medimage.config.model import ModelConfig
from medimage.errors import WeightsError
from medimage.models.build import build_network, load_network, specify_network
from medimage.models.history import TrainingHistory
from medimage.models.state import copy_state, pack_state
from medimage.models.trained_model import ModelSpec, TrainedModel
from tests.support.training import specification, statistics


def trained(spec: ModelSpec, weights: bytes) -> TrainedModel:
    return TrainedModel(spec=spec, weights=weights, last_weights=weights, history=TrainingHistory(), parameters=1)


def test_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    states = [pack_state(copy_state(build_network(specification(), seed=seed))) for seed in (7, 7, 8)]
    assert states[0] == states[1] != states[2]


def test_building_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    build_network(specification(), seed=7)
    assert torch.equal(before, torch.get_rng_state())


def test_loaded_network_is_in_evaluation_mode_and_gives_the_same_logits() -> None:
    network = build_network(specification(head="medical"), seed=1).eval()
    loaded = load_network(trained(network.spec, pack_state(copy_state(network))))
    pixels = torch.randint(0, 256, (2, 32, 32, 1), dtype=torch.uint8)
    assert not loaded.training
    assert torch.equal(loaded(pixels), network(pixels))


def test_weights_of_another_network_are_refused_with_a_list() -> None:
    weights = pack_state(copy_state(build_network(specification(head="linear"), seed=1)))
    with pytest.raises(WeightsError, match=r"missing: head\.2\.weight"):
        load_network(trained(specification(head="medical"), weights))


def test_damaged_weights_are_refused() -> None:
    spec = specification()
    weights = pack_state(copy_state(build_network(spec, seed=1)))
    with pytest.raises(WeightsError, match="damaged"):
        load_network(trained(spec, weights[:-100]))


def test_specification_follows_the_configuration() -> None:
    spec = specify_network(
        ModelConfig(name="swin_t", head="dense", options={"drop_path_rate": 0.1}),
        classes=("a", "b"),
        channels=1,
        normalization=statistics(size=64),
    )
    assert (spec.timm_name, spec.head, spec.input_size) == ("swin_tiny_patch4_window7_224", "dense", 64)
    assert spec.options == {"drop_path_rate": 0.1}
    assert ModelSpec.from_dict(spec.to_dict()) == spec
    assert dataclasses.replace(spec, head="linear") != spec


def test_stored_specification_from_before_test_time_augmentation_is_read_without_it() -> None:
    stored = specification().to_dict()
    del stored["test_time_augmentation"]
    assert ModelSpec.from_dict(json.loads(json.dumps(stored))) == specification()
    flips = specification(test_time_augmentation=("horizontal_flip",))
    assert ModelSpec.from_dict(json.loads(json.dumps(flips.to_dict()))) == flips

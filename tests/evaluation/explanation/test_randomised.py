import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from medimage.evaluation.explanation.randomised import checked_cases, randomised_networks, rank_correlations
from medimage.models.build import build_network
from tests.support.training import specification


def test_correlation_is_spearmans() -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=(5, 6, 6)).round(1).astype(np.float32)
    other = (one + generator.normal(size=one.shape)).round(1).astype(np.float32)
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(rank_correlations(one, other), expected)


def test_equal_maps_agree_wholly_and_reversed_ones_disagree_wholly() -> None:
    maps = np.random.default_rng(0).normal(size=(3, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(rank_correlations(maps, 3 * maps), 1)
    np.testing.assert_allclose(rank_correlations(maps, -maps), -1)


def test_what_cannot_be_compared_has_no_correlation() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 4, 4)).astype(np.float32)
    flat = maps.copy()
    flat[1] = 0.5
    assert np.isnan(rank_correlations(maps, flat)).tolist() == [False, True]
    assert np.isnan(rank_correlations(maps, maps[:, :3, :3])).all()


@pytest.mark.parametrize("seed", [0, 7])
def test_head_and_whole_are_replaced_by_weights_that_the_run_did_not_begin_with(seed: int) -> None:
    network = build_network(specification(head="medical"), seed=seed).eval()
    images = network.prepare(torch.randint(0, 256, (2, 32, 32, 1), dtype=torch.uint8))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = randomised_networks(network, seed=seed)
    with torch.no_grad():
        features = network.forward_features(images)
        assert torch.equal(found["head"].forward_features(images), features)
        assert not torch.allclose(found["whole"].forward_features(images), features)
        answers = [each.forward_head(features) for each in (network, found["head"], found["whole"])]
    assert not torch.allclose(answers[0], answers[1])
    assert torch.equal(answers[1], answers[2])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(each.training for each in found.values())


@pytest.mark.parametrize(("count", "checked"), [(1, [0]), (3, [0, 1, 2]), (10, list(range(10)))])
def test_few_images_are_all_checked(count: int, checked: list[int]) -> None:
    assert checked_cases(count).tolist() == checked


def test_of_many_images_ten_from_first_to_last_are_checked() -> None:
    found = checked_cases(37)
    assert len(set(found.tolist())) == 10
    assert (found[0], found[-1]) == (0, 36)

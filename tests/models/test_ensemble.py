import dataclasses

import numpy as np
import pytest
import torch
from scipy.special import softmax

from medimage.models.build import build_network
from medimage.models.ensemble import Ensemble, ensemble_spec
from tests.support.training import bright_quarters, specification, statistics

SPEC = specification(classes=2)
TEMPERATURES = (0.5, 1.0, 2.0)


def members() -> list:
    return [build_network(SPEC, seed=seed).eval() for seed in range(3)]


def test_a_softmax_over_the_answer_is_the_mean_of_the_members_calibrated_probabilities():
    networks = members()
    pixels = torch.from_numpy(np.asarray(bright_quarters(6, seed=0).pixels))
    ensemble = Ensemble(networks, temperatures=TEMPERATURES, name="three").eval()
    with torch.inference_mode():
        found = softmax(ensemble(pixels).double().numpy(), axis=1)
        expected = np.mean(
            [
                softmax(network(pixels).double().numpy() / temperature, axis=1)
                for network, temperature in zip(networks, TEMPERATURES, strict=True)
            ],
            axis=0,
        )
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_answer_that_all_members_are_certain_of_stays_finite():
    class Certain(torch.nn.Module):
        spec = SPEC

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[1000.0, -1000.0]]).expand(len(pixels), 2)

    ensemble = Ensemble([Certain(), Certain()], temperatures=(1.0, 1.0), name="two")  # type: ignore[list-item]
    assert torch.isfinite(ensemble(torch.zeros(1, 32, 32, 1)).softmax(dim=1)).all()


def test_members_may_differ_in_their_statistics_alone():
    other = dataclasses.replace(SPEC, normalization=dataclasses.replace(statistics(), mean=(0.9,)))
    assert ensemble_spec([SPEC, other], name="two").name == "two"
    with pytest.raises(ValueError, match="differ in classes"):
        ensemble_spec([SPEC, dataclasses.replace(SPEC, classes=("x", "y"))], name="two")


def test_one_network_is_no_ensemble():
    with pytest.raises(ValueError, match="at least two networks"):
        Ensemble(members()[:1], temperatures=(1.0,), name="one")

import pytest
import torch

from medimage.training.determinism import reproducible

CPU = torch.device("cpu")


def test_dropout_repeats_and_the_global_generator_is_left_alone() -> None:
    draws = []
    for _ in range(2):
        torch.rand(1)
        before = torch.get_rng_state()
        with reproducible(5, device=CPU, deterministic=True):
            draws.append(torch.nn.functional.dropout(torch.ones(100)))
        assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(draws[0], draws[1])


@pytest.mark.parametrize("deterministic", [True, False])
def test_settings_are_restored_also_after_an_error(deterministic: bool) -> None:
    def fail() -> None:
        with reproducible(5, device=CPU, deterministic=deterministic):
            assert torch.are_deterministic_algorithms_enabled() is deterministic
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not torch.are_deterministic_algorithms_enabled()

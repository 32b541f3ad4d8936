from hypothesis import given
from hypothesis import strategies as st

from medimage.training.seeds import derive_seed


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(0, 10_000))
def test_seed_fits_pytorchs_generators_and_is_reproducible(seed: int, stage: int, epoch: int) -> None:
    assert 0 <= derive_seed(seed, stage, epoch) < 2**63
    assert derive_seed(seed, stage, epoch) == derive_seed(seed, stage, epoch)


def test_every_epoch_of_every_stage_has_its_own_seed() -> None:
    seeds = {derive_seed(seed, stage, epoch) for seed in range(10) for stage in (1, 2) for epoch in range(100)}
    assert len(seeds) == 10 * 2 * 100

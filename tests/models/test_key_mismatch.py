import torch

from medimage.models.key_mismatch import describe_mismatch


def tensors(**shapes: tuple[int, ...]) -> dict[str, torch.Tensor]:
    return {name: torch.zeros(shape) for name, shape in shapes.items()}


def test_equal_states_have_no_mismatch() -> None:
    assert describe_mismatch(expected=tensors(a=(2,), b=(3, 4)), found=tensors(a=(2,), b=(3, 4))) is None


def test_every_kind_of_mismatch_is_told() -> None:
    found = {**tensors(b=(4, 3), c=(1,)), "d": torch.zeros(2, dtype=torch.int8)}
    message = describe_mismatch(expected=tensors(a=(2,), b=(3, 4), d=(2,)), found=found)
    assert message == (
        "1 missing: a. 1 unexpected: c. 1 of another shape: b (expected [3, 4], found [4, 3]). "
        "1 not of floating-point type: d (int8)."
    )


def test_long_lists_are_cut_with_a_count() -> None:
    message = describe_mismatch(expected=tensors(**{f"k{index}": (1,) for index in range(25)}), found={})
    assert message is not None
    assert message.startswith("25 missing: k0, k1,")
    assert message.endswith("k9 and 15 more.")


def test_counters_of_batch_norm_may_be_missing() -> None:
    assert describe_mismatch(expected={"bn.num_batches_tracked": torch.tensor(0)}, found={}) is None

import pytest
import torch

from medimage.errors import TrainingError
from medimage.training.failures import explained_failures, is_out_of_memory


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("could not create a memory object", True),
        ("could not create a primitive", True),
        ("could not create a primitive descriptor for the matmul primitive. Run workload with ...", False),
        ("could not create a descriptor for a pooling forward propagation primitive", False),
        ("could not create a stream", False),
    ],
)
def test_onednn_that_lacks_a_kernel_is_not_taken_for_a_lack_of_memory(text: str, expected: bool) -> None:
    assert is_out_of_memory(RuntimeError(text)) is expected


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes."),
    ],
)
def test_lack_of_memory_names_the_batch_size(error: Exception) -> None:
    with (
        pytest.raises(TrainingError, match=r"batches of 64 images.*training\.batch_size"),
        explained_failures(batch_size=64),
    ):
        raise error


def test_algorithm_without_deterministic_version_names_the_setting() -> None:
    text = "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set ..."
    with pytest.raises(TrainingError, match=r"training\.deterministic: false"), explained_failures(batch_size=8):
        raise RuntimeError(text)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="a bug"), explained_failures(batch_size=8):
        raise RuntimeError("a bug")

import pytest
import torch

from medimage.errors import ConfigurationError
from medimage.models.device import mixed_precision, resolve_device, resolve_precision

CPU = torch.device("cpu")


def test_auto_finds_a_device_that_computes() -> None:
    assert torch.ones(2, device=resolve_device("auto")).sum().item() == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that the test misses")
def test_absent_device_is_refused_with_what_is_there() -> None:
    with pytest.raises(ConfigurationError, match=r"'cuda'.*only \['cpu'\].*training\.device: auto"):
        resolve_device("cuda")


def test_given_precision_is_kept() -> None:
    assert resolve_precision("fp32", device=CPU) == "fp32"
    assert resolve_precision("bf16", device=CPU) == "bf16"


def test_auto_is_bf16_only_where_the_processor_has_instructions_for_it() -> None:
    capabilities = torch.cpu.get_capabilities()
    computes = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    assert resolve_precision("auto", device=CPU) == ("bf16" if computes else "fp32")


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_matrix_products_use_the_precision(precision: str, dtype: torch.dtype) -> None:
    with mixed_precision(precision, device=CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype

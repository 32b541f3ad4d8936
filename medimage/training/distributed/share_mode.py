"""Functions of PyTorch that deal with a share of a batch as they would with the whole of it."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from torch.overrides import TorchFunctionMode

from medimage.training.distributed.processes import Share


class ShareMode(TorchFunctionMode):
    """Hands every call of a function to `call` while it is entered.

    Args:
        share: The images of the batch that this process computes.
    """

    def __init__(self, share: Share) -> None:
        super().__init__()
        self._share = share

    @abstractmethod
    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Returns what a function gives for its arguments, or what it would give for the whole batch."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Hands the call on."""
        del types
        return self.call(func, args, kwargs or {})

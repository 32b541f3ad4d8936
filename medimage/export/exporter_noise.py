"""What PyTorch's exporters tell beside the exported file, and leave in it, of the machine that they ran on."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Silences an exporter's progress, keeping its errors."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def first_line(error: Exception) -> str:
    """Returns the first line of an error's message that says something, or else its class."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def remove_traces(model: onnx.ModelProto) -> None:
    """Removes what the exporter notes about its own machine and run: stack traces with paths, and debug names."""
    model.ClearField("metadata_props")
    model.ClearField("doc_string")
    _remove_from(model.graph)
    for function in model.functions:
        for holder in (function, *function.node):
            holder.ClearField("metadata_props")
            holder.ClearField("doc_string")


def _remove_from(graph: onnx.GraphProto) -> None:
    holders = [graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]
    for holder in holders:
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _remove_from(attribute.g)

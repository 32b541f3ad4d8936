"""An exported graph, opened so that it gives the same answers on every processor."""

from medimage.serving.exact_sums import UNSIGNED_WEIGHTS, sums_are_cut_off
from medimage.serving.onnxruntime_library import onnxruntime


def open_session(
    onnx: bytes, *, threads: int, as_written: bool = False, unsigned_weights: bool | None = None
) -> onnxruntime.InferenceSession:
    """Opens a graph for the CPU, without messages below errors.

    Args:
        onnx: The graph.
        threads: Threads that work on one image.
        as_written: Whether to work it out node by node, as no service does: then also integers in single precision,
            with the same scales and other roundings.
        unsigned_weights: Whether to take the slower kernels for integers that are exact everywhere; None for only where
            the others are not.

    Raises:
        ValueError: If the bytes are not an ONNX graph that this onnxruntime runs.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads would otherwise spin, which costs more than it gains once several requests share the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Not everywhere: it would take the faster kernels from processors whose are exact.
    if sums_are_cut_off() if unsigned_weights is None else unsigned_weights:
        options.add_session_config_entry(UNSIGNED_WEIGHTS, "1")
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(onnx, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has a class of its own for each kind of bad graph, all directly below Exception.
        raise ValueError(f"Expected an ONNX graph that onnxruntime {onnxruntime.__version__} runs: {error}") from error

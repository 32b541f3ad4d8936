"""Exported graphs that compute in fewer bits, and whether one may be served in place of the full one."""

# Before the modules of this package, which import parts of onnxruntime.
from medimage.serving import quiet_onnxruntime

__all__ = ["quiet_onnxruntime"]

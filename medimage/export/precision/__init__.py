"""Exported graphs that compute in fewer bits, and whether one may be served in place of the full one."""

# First of all: the modules of this package import parts of onnxruntime, which is to report to nobody.
from medimage.serving import onnxruntime_library as onnxruntime_library

"""onnxruntime, imported so that it reports to nobody."""

# isort: off
from medimage.serving import quiet_onnxruntime
import onnxruntime
# isort: on

__all__ = ["onnxruntime", "quiet_onnxruntime"]

"""onnxruntime, imported so that it reports to nobody."""

# isort: off
from medimage.serving import quiet_onnxruntime as quiet_onnxruntime
import onnxruntime as onnxruntime
# isort: on

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("medimage.serving.service", ("torch", "torchvision", "timm", "zenml", "mlflow", "pandas", "sklearn")),
        ("medimage.serving.bundle", ("torch", "timm", "zenml", "mlflow", "bentoml", "onnxruntime")),
        ("medimage.serving.preprocessing", ("torch", "zenml", "onnxruntime", "bentoml", "scipy")),
        ("medimage.export.exported_model", ("torch", "onnx", "onnxruntime", "zenml")),
        ("medimage.registry.model_registry", ("torch", "mlflow", "onnx", "zenml")),
        ("medimage.registry.model_card", ("torch", "mlflow", "onnx", "onnxruntime", "bentoml", "zenml")),
        ("medimage.models.input_size", ("torch", "timm", "zenml")),
        ("medimage.evaluation.timing", ("torch", "onnxruntime", "zenml")),
        ("medimage.registry.experiment_log", ("torch", "mlflow", "matplotlib", "zenml")),
    ],
)
def test_module_is_light(module: str, unwanted: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []

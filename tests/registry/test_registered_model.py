import subprocess
import sys
from pathlib import Path

import pytest

from medimage.errors import RegistryError
from medimage.registry.model_registry import register_model
from medimage.registry.registered_model import load_registered_model
from tests.conftest import PROJECT
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage

NAME = "lung-brightness"


@pytest.fixture
def registered(database: Path) -> Path:
    """Registers version 1 and returns the folder of its files."""
    register_model(
        exported=make_exported(),
        card=make_card(),
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
    )
    (graph,) = (database.parent / "artifacts").rglob("model.onnx")
    return graph.parent


@pytest.mark.usefixtures("registered")
def test_a_version_comes_back_whole() -> None:
    model = load_registered_model(name=NAME, version=1)
    assert model.onnx == make_exported().onnx
    assert model.images == make_lineage().images
    assert model.card.version == model.version.semantic_version == "1.0.0"
    assert model.title == f"{NAME} version 1"


def test_an_older_version_does_not_say_what_it_has_seen(registered: Path) -> None:
    (registered / "images.parquet").unlink()
    assert load_registered_model(name=NAME, version=1).images is None


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("model.onnx", b"another graph", "SHA-256.*changed or damaged"),
        ("model.onnx", None, "Expected model.onnx among the files"),
        ("card.json", b"{", "model card of models:/lung-brightness/1"),
        ("images.parquet", b"no table", "images.parquet of models:/lung-brightness/1"),
    ],
)
def test_a_damaged_file_is_one_sentence(registered: Path, name: str, content: bytes | None, expected: str) -> None:
    (registered / name).unlink()
    if content is not None:
        (registered / name).write_bytes(content)
    with pytest.raises(RegistryError, match=expected):
        load_registered_model(name=NAME, version=1)


@pytest.mark.usefixtures("registered")
def test_a_version_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(RegistryError, match="'lung-brightness' version 7 cannot be loaded"):
        load_registered_model(name=NAME, version=7)


def test_what_loads_and_asks_a_model_needs_no_pytorch() -> None:
    code = (
        "import sys; import medimage.registry.registered_model, medimage.registry.model_answers; "
        "import medimage.registry.compare_with_champion; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0

"""What trains a model again, and what does not: ZenML's own cache key of the training steps."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import huggingface_hub
import pytest
import safetensors.torch
import torch
from zenml.client import Client
from zenml.orchestrators.cache_utils import generate_cache_key

from medimage.config.run import RunConfig
from medimage.models import hub
from medimage.models.backbone import create_backbone, pretrained_configuration
from pipelines.definitions.parts import stage_step
from pipelines.run_settings import resolve_run_settings

BASE: dict[str, Any] = {
    "data": {"source": "synthetic"},
    "model": {"name": "test_resnet", "input_size": 32, "pretrained": False},
    "training": {"device": "cpu", "batch_size": 16},
}


def key(stage: int = 2, **changes: dict[str, Any]) -> str:
    """Returns the cache key of a training step; `changes` are laid over the sections of the configuration."""
    sections = {name: {**BASE.get(name, {}), **changes.get(name, {})} for name in {*BASE, *changes}}
    config = RunConfig.model_validate(sections)
    step = stage_step(config, resolve_run_settings(config), 1 if stage == 1 else 2)
    described: Any = SimpleNamespace(config=step.configuration, spec=SimpleNamespace(source=step.resolve()))
    return generate_cache_key(described, {}, Client().active_stack.artifact_store, UUID(int=0))


@pytest.mark.parametrize(
    "changes",
    [
        {"tracking": {"csv": True, "tensorboard": True, "models": False}},
        {"registry": {"experiment": "another", "name": "another"}},
        {"training": {"checkpoints": False}},
        {"training": {"batch_sizes": {"resnet18": 8}}},
        {"training": {"batch_sizes": {"test_resnet": 16}, "batch_size": 8}},
        {"training": {"batch_size": None}, "data": {"batch_size": 16}},
    ],
)
def test_what_changes_nothing_in_a_model_trains_none_again(changes: dict[str, dict[str, Any]]) -> None:
    for stage in (1, 2):
        assert key(stage, **changes) == key(stage)


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"batch_size": 8}},
        {"training": {"batch_sizes": {"test_resnet": 8}}},
        {"training": {"label_smoothing": 0.2}},
        {"model": {"head": "linear"}},
    ],
)
def test_what_decides_a_model_trains_it_again(changes: dict[str, dict[str, Any]]) -> None:
    for stage in (1, 2):
        assert key(stage, **changes) != key(stage)


@pytest.mark.parametrize("package", ["timm", "torch"])
def test_another_version_of_what_trains_trains_again(package: str, tmp_path: Path) -> None:
    installed = tmp_path / f"{package}-99.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n")
    before = key()
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(tmp_path))
        assert key() != before
    assert key() == before


def test_other_pretrained_weights_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: str(tmp_path / "fetched"))
    known = pretrained_configuration("test_resnet")
    keys = [key()]
    for revision in ("", "@another"):
        moved = {**known, "hf_hub_id": f"{known['hf_hub_id']}{revision}"}
        monkeypatch.setattr(hub, "pretrained_configuration", lambda _, moved=moved: moved)
        keys.append(key(model={"pretrained": True}))
    file = tmp_path / "weights.safetensors"
    for seed in (1, 2):
        torch.manual_seed(seed)
        safetensors.torch.save_file(create_backbone("test_resnet", input_size=32, options={}).state_dict(), file)
        keys.append(key(model={"weights": str(file)}))
    assert len(set(keys)) == len(keys)

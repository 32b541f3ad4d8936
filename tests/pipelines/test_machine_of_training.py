"""What a run takes from the machine that its command is typed on, and what not where a cluster trains."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psutil
import pytest
from zenml.client import Client
from zenml.orchestrators.cache_utils import generate_cache_key

from medimage.config.run import RunConfig
from medimage.errors import ConfigurationError
from medimage.models import gpu_memory
from pipelines.definitions.parts import with_batch_size
from pipelines.run_settings import batch_size_here, resolve_run_settings
from steps.find_batch_size import find_batch_size
from tests.support.active_stack import active_stack, kubernetes_definition
from tests.support.recorded_steps import Output, recorded_steps

LITTLE, MUCH = 4, 80
GPUS = {"training": {"gpus": 1}, "evaluation": {"gpus": 1}}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[None]:
    """A cluster trains, with a GPU for each step that can use one."""
    definition = kubernetes_definition(tmp_path, name="trains-elsewhere", steps={"by_class": GPUS})
    with active_stack(definition):
        yield


def config(**training: Any) -> RunConfig:
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic"},
            "model": {"name": "resnet50", "input_size": 64, "pretrained": False},
            "training": training,
        }
    )


def batch_sizes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Returns the batch size of the table for machines with little and with much memory of their GPU, and without."""
    found = []
    for memory in (LITTLE, MUCH, None):
        monkeypatch.setattr(gpu_memory, "gpu_memory_gib", lambda memory=memory: memory)
        found.append(batch_size_here(config()))
    return found


def test_the_table_s_batch_size_is_for_the_memory_of_this_machine_where_it_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    little, much, _ = batch_sizes(monkeypatch)
    assert little < much


@pytest.mark.usefixtures("cluster")
def test_the_table_s_batch_size_is_the_same_from_every_machine_where_a_cluster_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(set(batch_sizes(monkeypatch))) == 1


def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns ZenML's cache key of the search for a batch size, as asked for on machines of several sizes."""
    asked = config(batch_size="auto", device="cpu")
    settings = resolve_run_settings(asked)
    found = []
    for gibibytes in (LITTLE, MUCH):
        memory = SimpleNamespace(total=gibibytes * 2**30)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        with recorded_steps(find_batch_size=16) as recorded:
            assert with_batch_size(settings, Output(), Output(), asked).batch_size == 16
        described: Any = SimpleNamespace(
            config=recorded["find_batch_size"], spec=SimpleNamespace(source=find_batch_size.resolve())
        )
        found.append(generate_cache_key(described, {}, Client().active_stack.artifact_store, UUID(int=0)))
    return found


def test_a_batch_size_is_searched_for_again_on_a_machine_with_other_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    little, much = keys(monkeypatch)
    assert little != much


@pytest.mark.usefixtures("cluster")
def test_a_batch_size_that_a_cluster_has_found_is_not_searched_for_again_from_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    little, much = keys(monkeypatch)
    assert little == much


@pytest.mark.usefixtures("cluster")
def test_pods_with_other_gpus_search_for_a_batch_size_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys(monkeypatch)
    larger = {"training": {"gpus": 1, "node_selectors": {"accelerator": "nvidia-80gb"}}, "evaluation": {"gpus": 1}}
    with active_stack(kubernetes_definition(tmp_path, name="larger-gpus", steps={"by_class": larger})):
        assert set(before).isdisjoint(keys(monkeypatch))


@pytest.mark.parametrize(
    ("gpus", "told"),
    [
        ({"training": {"gpus": 0}, "evaluation": {"gpus": 1}}, "no GPUs to the pod of train_stage"),
        ({"training": {"gpus": 2}, "evaluation": {"gpus": 1}}, "2 GPUs to the pod of train_stage"),
        ({"training": {"gpus": 1}}, "no GPU to the pod of evaluate_model"),
    ],
)
def test_a_run_that_asks_for_a_gpu_is_refused_before_its_begin_where_its_pods_have_another_number(
    tmp_path: Path, gpus: dict[str, Any], told: str
) -> None:
    name = f"gpus-{len(str(gpus))}-{gpus['training']['gpus']}"
    with (
        active_stack(kubernetes_definition(tmp_path, name=name, steps={"by_class": gpus})),
        pytest.raises(ConfigurationError, match=told),
    ):
        resolve_run_settings(config(device="cuda", batch_size=16))


@pytest.mark.usefixtures("cluster")
def test_a_run_whose_pods_have_a_gpu_needs_none_on_the_machine_of_its_command() -> None:
    assert resolve_run_settings(config(device="cuda", batch_size=16)).batch_size == 16

"""What the definition of a stack becomes for ZenML, and that a stack without one changes nothing."""

from pathlib import Path

from medimage.config.stack.loading import load_stack
from pipelines.bound_step import bind
from pipelines.stacks import active
from pipelines.stacks.parts import parts_of
from pipelines.stacks.pod_settings import run_settings, step_settings
from steps.link_model_version import link_model_version
from tests.conftest import PROJECT

STACK = load_stack(PROJECT / "configs" / "stacks" / "kubernetes.yaml")


def test_a_gpu_step_asks_for_gpus_nodes_and_shared_memory() -> None:
    assert STACK.kubernetes is not None
    settings = step_settings(STACK.steps.needs_of("train_stage2"), STACK.kubernetes)
    pod = settings["pod_settings"]
    assert pod["resources"] == {
        "requests": {"cpu": "6", "memory": "32Gi", "nvidia.com/gpu": "1"},
        "limits": {"memory": "32Gi", "nvidia.com/gpu": "1"},
    }
    assert pod["node_selectors"] == {"accelerator": "nvidia"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["volumes"] == [{"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}}]
    assert pod["volume_mounts"] == [{"name": "shared-memory", "mountPath": "/dev/shm"}]
    assert settings["active_deadline_seconds"] == 720 * 60
    assert settings["service_account_name"] == "medimage-steps"


def test_a_step_without_gpus_asks_for_none() -> None:
    assert STACK.kubernetes is not None
    pod = step_settings(STACK.steps.needs_of("split_dataset"), STACK.kubernetes)["pod_settings"]
    assert pod["resources"] == {"requests": {"cpu": "2", "memory": "8Gi"}, "limits": {"memory": "8Gi"}}
    assert (pod["volumes"], pod["tolerations"], pod["node_selectors"]) == ([], [], {})


def test_every_run_and_every_step_has_an_end() -> None:
    assert STACK.kubernetes is not None
    assert run_settings(STACK.kubernetes)["active_deadline_seconds"] > 0
    for name in active_step_names():
        assert step_settings(STACK.steps.needs_of(name), STACK.kubernetes)["active_deadline_seconds"] > 0


def active_step_names() -> list[str]:
    return [path.stem for path in Path(PROJECT, "steps").glob("*.py") if "\n@step" in path.read_text()]


def test_secrets_stand_in_no_part_of_a_stack() -> None:
    store = next(part for part in parts_of(STACK) if part.kind.value == "artifact_store")
    assert store.configuration is not None
    assert store.configuration["secret"] == "{{medimage-s3.secret_key}}"


def test_on_a_stack_without_a_definition_steps_and_runs_are_as_they_were() -> None:
    assert active.active_definition() is None
    assert active.stack_options() == {}
    bound = bind(link_model_version)
    assert bound.configuration.settings == link_model_version.configuration.settings
    assert (bound.configuration.retry, bound.configuration.runtime) == (None, None)

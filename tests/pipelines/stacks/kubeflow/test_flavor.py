"""What ZenML is told of the orchestrator, and that its configuration stays as it was given."""

from medimage.config.stack.loading import load_stack
from pipelines.stacks.kubeflow.flavor import FLAVOR, MedimageKubeflowConfig, MedimageKubeflowFlavor
from pipelines.stacks.parts import parts_of
from tests.conftest import PROJECT

STACK = load_stack(PROJECT / "configs" / "stacks" / "kubeflow.yaml")


def test_a_configuration_holds_what_was_given_and_nothing_else_and_no_secret() -> None:
    orchestrator = next(part for part in parts_of(STACK) if part.kind.value == "orchestrator")
    assert orchestrator.flavor == FLAVOR
    given = orchestrator.configuration
    assert given is not None
    assert given["token"] == "{{medimage-kubeflow.token}}"
    assert MedimageKubeflowConfig(**given).model_dump(exclude_unset=True) == given


def test_kubeflow_begins_failed_steps_again_and_a_machine_keeps_the_schedules() -> None:
    config = MedimageKubeflowConfig(kubeflow_hostname="https://kubeflow.example.org")
    assert config.handles_step_retries
    assert not config.is_schedulable
    assert config.is_synchronous


def test_the_flavor_leads_to_an_orchestrator_that_takes_static_pipelines_only() -> None:
    orchestrator = MedimageKubeflowFlavor().implementation_class
    assert orchestrator.__name__ == "MedimageKubeflowOrchestrator"
    assert "submit_dynamic_pipeline" not in vars(orchestrator)

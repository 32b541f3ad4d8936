"""Step: link what a run gave with the registered version in ZenML's Model Control Plane, and stage it by its alias."""

from zenml import get_step_context, step
from zenml.artifacts.unmaterialized_artifact import UnmaterializedArtifact
from zenml.client import Client

from medimage.registry.registered_version import RegisteredVersion
from steps.code_files import cache_on_code
from steps.control_plane import link_version, stage_versions


@step(cache_policy=cache_on_code(__name__))
def link_model_version(registered: RegisteredVersion, bento: UnmaterializedArtifact) -> None:
    """Links the artifacts of this run with the version, and gives all versions of the model their stages.

    Args:
        registered: The version that was registered, or found registered.
        bento: The service, which is the last that a run gives; it is not loaded.
    """
    del bento
    # What the context holds was read before the steps before this one gave their outputs.
    run = Client().get_pipeline_run(get_step_context().pipeline_run.id)
    link_version(registered.name, registered.version, run=run)
    stage_versions(registered.name)

"""Makes a stack whose pipelines run in the cluster that KUBECONFIG names, and activates it."""

from medimage.exit_codes import call_and_exit
from pipelines.zenml_database import open_zenml

CONTEXT = "stub"
"""Name of the context in the kubeconfig file."""


def main() -> int:
    """Registers the stack as a user of ZenML would."""
    open_zenml()
    from zenml.client import Client
    from zenml.enums import StackComponentType

    client = Client()
    cluster = {"kubernetes_context": CONTEXT, "local": True, "skip_local_validations": True}
    parts = {
        StackComponentType.ORCHESTRATOR: ("kubernetes", cluster),
        StackComponentType.CONTAINER_REGISTRY: ("default", {"uri": "registry.example.org"}),
        StackComponentType.IMAGE_BUILDER: ("local", {}),
    }
    for kind, (flavor, configuration) in parts.items():
        client.create_stack_component(name="cluster", flavor=flavor, component_type=kind, configuration=configuration)
    store = client.active_stack_model.components[StackComponentType.ARTIFACT_STORE][0]
    components = dict.fromkeys(parts, "cluster")
    client.create_stack(name="cluster", components={**components, StackComponentType.ARTIFACT_STORE: store.id})
    client.activate_stack("cluster")
    return 0


if __name__ == "__main__":
    call_and_exit(main)

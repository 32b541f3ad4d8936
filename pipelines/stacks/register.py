"""Registers a stack: what is missing is made, what has changed is updated, and the rest is left as it is."""

import json
from collections.abc import Iterator
from typing import Any

from zenml.client import Client
from zenml.enums import StackComponentType
from zenml.models import ComponentResponse, StackResponse

from medimage.config.stack.loading import stack_to_json
from medimage.config.stack.stack import StackConfig
from medimage.errors import StackError
from pipelines.run_logs import FORMAT_VARIABLE
from pipelines.stacks.active import DEFINITION_LABEL
from pipelines.stacks.parts import StackPart, parts_of


def register_stack(stack: StackConfig) -> Iterator[str]:
    """Registers a stack and its parts, and tells what was done with each.

    Args:
        stack: Its definition.

    Yields:
        One line for each part, and one for the stack.

    Raises:
        StackError: If a part of that name is something else.
    """
    if stack.kubeflow is not None:
        _register_flavor()
    components = {}
    for part in parts_of(stack):
        component, told = _register_part(part)
        components[part.kind] = component.id
        yield f"{part.kind.value.replace('_', ' ')} {part.name} ({part.flavor}): {told}"
    yield f"stack {stack.name}: {_register_whole(stack, components)}"


def _register_flavor() -> None:
    """Lets ZenML know the project's own orchestrator for Kubeflow, as it is now."""
    # Imported here because it needs an extra that other stacks do without.
    from pipelines.stacks.kubeflow.flavor import FLAVOR, SOURCE, MedimageKubeflowFlavor  # noqa: PLC0415

    client = Client()
    try:
        there = client.get_flavor(FLAVOR, allow_name_prefix_match=False)
    except KeyError:
        client.create_flavor(SOURCE, StackComponentType.ORCHESTRATOR)
        return
    if there.config_schema != MedimageKubeflowFlavor().config_schema:
        # ZenML holds settings to the schema that it was told of first.
        client.delete_flavor(str(there.id))
        client.create_flavor(SOURCE, StackComponentType.ORCHESTRATOR)


def _register_part(part: StackPart) -> tuple[ComponentResponse, str]:
    client = Client()
    try:
        there = client.get_stack_component(part.kind, part.name, allow_name_prefix_match=False)
    except KeyError:
        made = client.create_stack_component(part.name, part.flavor, part.kind, dict(part.configuration or {}))
        return made, "registered"
    if there.flavor_name != part.flavor:
        kind = part.kind.value
        raise StackError(
            f"Expected the {kind.replace('_', ' ')} {part.name} of ZenML to be a {part.flavor} one but it is "
            f"{there.flavor_name}: give the stack another name, or delete the old part with zenml "
            f"{kind.replace('_', '-')} delete {part.name}."
        )
    if part.configuration is None or _plain(there.configuration) == _plain(part.configuration):
        return there, "as it was"
    # What the definition says nothing of any more is to go; ZenML takes None for that.
    gone = dict.fromkeys(set(there.configuration) - set(part.configuration))
    return client.update_stack_component(part.name, part.kind, configuration={**gone, **part.configuration}), "updated"


def _register_whole(stack: StackConfig, components: dict[Any, Any]) -> str:
    client, definition = Client(), stack_to_json(stack)
    try:
        there = client.get_stack(stack.name, allow_name_prefix_match=False)
        told = "as it was" if _is_as_defined(there, stack, components) else "updated"
    except KeyError:
        there, told = client.create_stack(stack.name, components, secrets=list(stack.secrets)), "registered"
    if told == "as it was":
        return told
    wanted = {client.get_secret(name).id for name in stack.secrets}
    gone = dict.fromkeys(set(there.environment) - set(_environment(stack)))
    client.update_stack(
        there.id,
        labels={DEFINITION_LABEL: definition},
        component_updates=components,
        environment={**gone, **_environment(stack)},
        add_secrets=sorted(wanted - set(there.secrets)),
        remove_secrets=sorted(set(there.secrets) - wanted),
    )
    return told


def _is_as_defined(there: StackResponse, stack: StackConfig, components: dict[Any, Any]) -> bool:
    return (
        (there.labels or {}).get(DEFINITION_LABEL) == stack_to_json(stack)
        and {kind: [one.id for one in parts] for kind, parts in there.components.items()}
        == {kind: [one] for kind, one in components.items()}
        and dict(there.environment) == _environment(stack)
        and set(there.secrets) == {Client().get_secret(name).id for name in stack.secrets}
    )


def _environment(stack: StackConfig) -> dict[str, str]:
    tracking = {} if stack.tracking is None else {"MLFLOW_TRACKING_URI": stack.tracking.uri}
    # Clusters collect what pods print, and JSON lines say which run and step they are of.
    log = {} if stack.kubernetes is None else {FORMAT_VARIABLE: "json"}
    return {**tracking, **log, **stack.environment}


def _plain(configuration: dict[str, Any]) -> dict[str, Any]:
    """Returns settings as they are compared: without what is not set, and with JSON text as what it means."""
    plain = {name: json.loads(value) if _is_json(value) else value for name, value in configuration.items()}
    return json.loads(json.dumps({name: value for name, value in plain.items() if value is not None}))


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and value[:1] == "{" and value[:2] != "{{"

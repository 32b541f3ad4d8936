"""From a pipeline as ZenML has noted it to a specification that Kubeflow Pipelines takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kfp import dsl
from kfp.compiler import Compiler

from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.needs import StepNeeds
from pipelines.stacks.kubeflow.task import equip
from pipelines.static_form import Condition

DECISION: Final = "decision"
"""Name of the output that a deciding step gives Kubeflow."""

YES, NO = "yes", "no"
"""What it says."""

DECISION_FILE: Final = "decision_file"
"""Option of the command of a deciding step: where it writes what it says."""


@dataclass(frozen=True, kw_only=True)
class StepTask:
    """One step, as it is handed to Kubeflow.

    Attributes:
        name: Its name within the run.
        image: The image of its pod.
        command: Command of its container.
        arguments: Its arguments.
        after: Names of the steps that must be over before.
        only_where: Decisions that let it be run.
        needs: What it needs.
        variables: Environment variables, none of them secret.
    """

    name: str
    image: str
    command: Sequence[str]
    arguments: Sequence[str]
    after: Sequence[str]
    only_where: Sequence[Condition]
    needs: StepNeeds
    variables: Mapping[str, str]


def write_specification(
    tasks: Sequence[StepTask], path: Path, *, name: str, description: str, pods: KubeflowConfig
) -> None:
    """Writes the specification: the pipeline's, and that of what it asks Kubernetes for.

    Args:
        tasks: The steps, each after those that it needs.
        path: The file; its name ends with .yaml.
        name: Name of the pipeline, in small letters, digits and hyphens.
        description: What it is.
        pods: What all pods are given.
    """

    def noted() -> None:
        begun: dict[str, Any] = {}
        _add(tasks, pods, begun, depth=0)

    pipeline: Any = dsl.pipeline(noted, name=name, description=description)
    Compiler().compile(pipeline_func=pipeline, package_path=str(path))


def _add(tasks: Sequence[StepTask], pods: KubeflowConfig, begun: dict[str, Any], *, depth: int) -> None:
    """Adds the tasks under as many decisions, and those under more of them below the next one."""
    for each in tasks:
        if len(each.only_where) == depth:
            begun[each.name] = _task(each, pods, begun, decides=_decides(each, tasks))
    deeper = [each for each in tasks if len(each.only_where) > depth]
    if deeper:
        condition = deeper[0].only_where[depth]
        with dsl.If(begun[condition["step"]].outputs[DECISION] == YES, name=condition["decision"].replace("_", "-")):
            _add(deeper, pods, begun, depth=depth + 1)


def _decides(task: StepTask, tasks: Sequence[StepTask]) -> bool:
    return any(condition["step"] == task.name for each in tasks for condition in each.only_where)


def _task(step: StepTask, pods: KubeflowConfig, begun: Mapping[str, Any], *, decides: bool) -> Any:
    component = dsl.container_component(_deciding(step) if decides else _plain(step))
    task = component()
    task.set_display_name(step.name)
    task.after(*(begun[name] for name in step.after))
    equip(task, step.needs, pods, variables=step.variables)
    return task


def _plain(step: StepTask) -> Callable[..., Any]:
    def component() -> Any:
        return dsl.ContainerSpec(image=step.image, command=list(step.command), args=list(step.arguments))

    return _named(component, step.name)


def _deciding(step: StepTask) -> Callable[..., Any]:
    def component(decision: Any) -> Any:
        arguments = [*step.arguments, f"--{DECISION_FILE}", decision]
        return dsl.ContainerSpec(image=step.image, command=list(step.command), args=arguments)

    return _named(component, step.name, decision=dsl.OutputPath(str))


def _named(component: Callable[..., Any], name: str, **outputs: Any) -> Callable[..., Any]:
    """Returns a component as Kubeflow's compiler reads it: by its name and its annotations."""
    component.__name__ = name
    component.__annotations__ = {**outputs, "return": dsl.ContainerSpec}
    return component

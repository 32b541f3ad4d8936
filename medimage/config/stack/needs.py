"""What a step, or the pod that starts the steps, needs of a cluster."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.numbers import Positive
from medimage.config.section import Section
from medimage.config.stack.quantities import Memory, bytes_of


class Toleration(Section):
    """A taint of nodes that a pod may run on nevertheless."""

    key: Annotated[str, Field(min_length=1)]
    """Key of the taint, such as `nvidia.com/gpu`."""

    operator: Literal["Exists", "Equal"] = "Exists"
    """`Exists` tolerates every value of the taint, `Equal` that of `value`."""

    value: str | None = None
    """Value of the taint, with `Equal`."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Which effect is tolerated; every one when not given."""

    @model_validator(mode="after")
    def _value_goes_with_equal(self) -> Self:
        if (self.operator == "Equal") != (self.value is not None):
            raise ValueError("operator Equal needs a value, and Exists takes none")
        return self


class PodNeeds(Section):
    """Processor, memory and nodes. What is not given is taken from the level above."""

    cpu: Positive | None = None
    """Cores that a node must have free, such as 0.5 or 4."""

    cpu_limit: Positive | None = None
    """Cores that the pod is held to; none when not given. A limit slows steps down and protects nobody on nodes of
    your own."""

    memory: Memory | None = None
    """Memory that a node must have free, such as `8Gi`."""

    memory_limit: Memory | None = None
    """Memory above which the pod is killed; as much as `memory` when not given, so that no pod takes another's."""

    node_selectors: dict[str, str] | None = None
    """Labels that a node must have."""

    tolerations: tuple[Toleration, ...] | None = None
    """Taints of nodes that the pod may run on nevertheless."""

    @model_validator(mode="after")
    def _limits_are_not_below_requests(self) -> Self:
        if self.cpu is not None and self.cpu_limit is not None and self.cpu_limit < self.cpu:
            raise ValueError(f"cpu_limit must be at least cpu, which is {self.cpu:g}, but it is {self.cpu_limit:g}")
        memory, limit = self.memory, self.memory_limit
        if memory is not None and limit is not None and bytes_of(limit) < bytes_of(memory):
            raise ValueError(f"memory_limit must be at least memory, which is {memory}, but it is {limit}")
        return self


class StepNeeds(PodNeeds):
    """What a step needs."""

    apart: bool | None = None
    """Give the step a pod of its own; else it runs in the pod that starts the steps, which spares the start of one."""

    gpus: Annotated[int, Field(ge=0)] | None = None
    """GPUs, which no other pod gets meanwhile."""

    gpu_resource: Annotated[str, Field(min_length=1)] | None = None
    """What the cluster calls a GPU, such as `nvidia.com/gpu`, `amd.com/gpu` or a part of one."""

    shared_memory: Memory | None = None
    """Size of /dev/shm, which several processes of a training talk through; 64 MiB, what container runtimes give, when
    not given. It counts as memory of the pod."""

    retries: Annotated[int, Field(ge=0, le=10)] | None = None
    """How often a step that failed is begun again. Training goes on after its last finished epoch."""

    start_minutes: Positive | None = None
    """Minutes within which the pod must have begun: to find a node, attach volumes and pull the image."""

    run_minutes: Positive | None = None
    """Minutes after which a step that is not over is ended, its start included."""

    @model_validator(mode="after")
    def _needs_go_together(self) -> Self:
        shared, limit = self.shared_memory, self.memory_limit or self.memory
        if shared is not None and limit is not None and bytes_of(shared) >= bytes_of(limit):
            raise ValueError(f"shared_memory is a part of the memory, which is {limit}, but it is {shared}")
        if self.start_minutes is not None and self.run_minutes is not None and self.start_minutes > self.run_minutes:
            raise ValueError(
                f"start_minutes is a part of run_minutes, which is {self.run_minutes:g}, but it is "
                f"{self.start_minutes:g}"
            )
        return self

    def over(self, below: "StepNeeds") -> "StepNeeds":
        """Returns these needs, and those of the level above where nothing is said here.

        Args:
            below: Those of the level above.

        Raises:
            ValidationError: If they do not go together.
        """
        return StepNeeds.model_validate({**below.model_dump(exclude_none=True), **self.model_dump(exclude_none=True)})

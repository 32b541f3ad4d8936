"""What is wrong with a pod, in words, and whether it can still come to anything."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from medimage.config.stack.needs import StepNeeds

_NEVER_BEGINS: Final = {
    "InvalidImageName": "its image has a name that is none",
    "ErrImageNeverPull": "its image is not on the node, and is not to be pulled",
    "ImagePullBackOff": "its image cannot be pulled",
    "CreateContainerConfigError": "its container cannot be set up",
    "CreateContainerError": "its container cannot be set up",
}
"""Reasons why a container waits that time alone does not mend. `ErrImagePull` may be a moment of a registry; where it
is not, it becomes `ImagePullBackOff`."""

_MOST_LINES: Final = 6
"""Lines of the end of a log that an error's words may take."""

_OUT_OF_MEMORY: Final = "OOMKilled"
_KILLED: Final = 137


@dataclass(frozen=True, kw_only=True)
class PodTrouble:
    """What is wrong with a pod.

    Attributes:
        told: What, and what to do, in one or two sentences.
        is_stuck: Whether it waits for what will not come, so that it has to be ended.
    """

    told: str
    is_stuck: bool


def trouble_of(pod: Any, needs: StepNeeds, *, now: datetime.datetime) -> PodTrouble | None:
    """Returns what is wrong with the pod of a step, None where nothing is.

    Args:
        pod: A `V1Pod`.
        needs: What the step asked for.
        now: The time, in UTC.
    """
    state = next((one.state for one in pod.status.container_statuses or [] if one.name == "main"), None)
    waiting = state.waiting if state else None
    if waiting is not None and waiting.reason in _NEVER_BEGINS:
        image = pod.spec.containers[0].image
        return PodTrouble(
            told=f"{_NEVER_BEGINS[waiting.reason]} ({waiting.reason}: {_line(waiting.message)}). Look whether {image} "
            "was pushed, and whether kubernetes.image_pull_secrets of the stack names a login of its registry.",
            is_stuck=True,
        )
    ended = state.terminated if state else None
    if ended is not None and (ended.reason == _OUT_OF_MEMORY or ended.exit_code == _KILLED):
        limit = needs.memory_limit or needs.memory
        return PodTrouble(
            told=f"it was killed ({ended.reason}, exit code {ended.exit_code}), most often because it took more memory "
            f"than its limit, {limit}. Give the step more memory in the stack's file, or lower training.batch_size.",
            is_stuck=False,
        )
    if pod.status.phase == "Failed" and pod.status.reason:
        return PodTrouble(
            told=f"its node gave it up ({pod.status.reason}: {_line(pod.status.message)}). The node lacks disk or "
            "memory, or was taken away.",
            is_stuck=False,
        )
    return _late(pod, needs, now=now)


def has_failed(pod: Any) -> bool:
    """Returns whether the container of a step has ended otherwise than well.

    Args:
        pod: A `V1Pod`.
    """
    state = next((one.state for one in pod.status.container_statuses or [] if one.name == "main"), None)
    ended = state.terminated if state else None
    return ended is not None and ended.exit_code != 0


def last_words(log: str) -> str:
    """Returns what a process said last, in one line: the error that stands below its traceback.

    Args:
        log: The end of its log.
    """
    words: list[str] = []
    for line in reversed(log.rstrip().splitlines()):
        # A traceback is drawn in a box, or indented.
        if len(words) == _MOST_LINES or line.startswith(("╰", "│", " ", "Traceback")):
            break
        words.append(line)
    return " ".join(" ".join(reversed(words)).split())


def _late(pod: Any, needs: StepNeeds, *, now: datetime.datetime) -> PodTrouble | None:
    if pod.status.phase != "Pending" or needs.start_minutes is None:
        return None
    minutes = (now - pod.metadata.creation_timestamp).total_seconds() / 60
    if minutes <= needs.start_minutes:
        return None
    reasons = [
        _line(condition.message) for condition in pod.status.conditions or [] if condition.status == "False"
    ] or ["the cluster gives no reason"]
    return PodTrouble(
        told=f"it had not begun after {minutes:.0f} minutes ({'; '.join(reasons)}). Look whether a node has what the "
        "step asks for: processors, memory, GPUs, labels and taints, volumes.",
        is_stuck=True,
    )


def _line(message: str | None) -> str:
    return " ".join((message or "no more is said").split())

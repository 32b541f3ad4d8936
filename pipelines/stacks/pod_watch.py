"""Watches the pods of a run from the pod that starts them: what is stuck is ended, and what went wrong is written down.

ZenML waits for a step's pod until the cluster gives it up, and an image that cannot be pulled is no reason for that.
"""

import atexit
import datetime
import logging
import threading
from typing import Any, Final
from uuid import UUID

from zenml.client import Client
from zenml.enums import MetadataResourceTypes
from zenml.execution.pipeline.dynamic.run_context import DynamicPipelineRunContext
from zenml.models import RunMetadataResource

from medimage.config.stack.stack import StackConfig
from medimage.hidden_credentials import hide_credentials
from pipelines.stacks.active import active_definition
from pipelines.stacks.pod_trouble import has_failed, last_words, trouble_of

logger = logging.getLogger(__name__)

TROUBLES: Final = "pod_troubles"
"""Metadata of a run: what went wrong with pods, by step."""

LAST_WORDS: Final = "pod_last_words"
"""Metadata of a run: what pods that ended badly said last, by step. ZenML notes only what the work itself raised: not,
for one, that its outputs could not be stored."""

_LOG_LINES: Final = 60
"""Lines that are read of the end of a pod's log."""

_SECONDS: Final = 5.0
"""Time between two looks."""


def watch_pods() -> None:
    """Begins to watch the pods of the run that begins here; a hook of every pipeline on a cluster."""
    context, stack = DynamicPipelineRunContext.get(), active_definition()
    if context is None or stack is None or stack.kubernetes is None:
        return
    watch = PodWatch(run=context.run.id, stack=stack, orchestrator=Client().active_stack.orchestrator)
    threading.Thread(target=watch.go_on, name="pod-watch", daemon=True).start()
    # What ended the run may have happened since the last look.
    atexit.register(watch.try_to_look)


class PodWatch:
    """Looks at the pods of a run again and again.

    Args:
        run: ZenML's id of the run.
        stack: The definition of its stack.
        orchestrator: ZenML's orchestrator, which knows how to reach the cluster.
    """

    def __init__(self, *, run: UUID, stack: StackConfig, orchestrator: Any) -> None:
        self._run = run
        self._stack = stack
        self._orchestrator = orchestrator
        self._seen: set[str] = set()
        self._troubles: dict[str, str] = {}
        self._last_words: dict[str, str] = {}

    def go_on(self) -> None:
        """Looks until the process ends."""
        pause = threading.Event()
        while not pause.wait(_SECONDS):
            self.try_to_look()

    def try_to_look(self) -> None:
        """Looks once; where it cannot, another look follows, and the time of a job ends what nobody saw."""
        try:
            self.look()
        except Exception as error:  # The API and ZenML's server fail in many ways.
            logger.warning("The pods of the run cannot be looked at now: %s", error)

    def look(self) -> None:
        """Looks once."""
        from kubernetes.client import BatchV1Api, CoreV1Api  # noqa: PLC0415

        api = self._orchestrator.get_kube_client()
        namespace = self._orchestrator.config.kubernetes_namespace
        core = CoreV1Api(api)
        pods = core.list_namespaced_pod(namespace, label_selector=f"run_id={self._run}", _request_timeout=30)
        for pod in pods.items:
            step = (pod.metadata.labels or {}).get("step_name")
            if step is None or pod.metadata.name in self._seen:
                continue
            needs = self._stack.steps.needs_of(step.partition("-")[0])
            trouble = trouble_of(pod, needs, now=datetime.datetime.now(tz=datetime.UTC))
            if trouble is None and has_failed(pod):
                self._last_words[step] = _last_words_of(pod.metadata.name, core, namespace=namespace)
                self._write_down()
                self._seen.add(pod.metadata.name)
            if trouble is None:
                continue
            logger.error("The pod of the step %s: %s", step, trouble.told)
            self._troubles[step] = trouble.told
            self._write_down()
            if trouble.is_stuck:
                job = pod.metadata.labels["job-name"]
                BatchV1Api(api).delete_namespaced_job(
                    job, namespace, propagation_policy="Foreground", _request_timeout=30
                )
            # Only now: what could not be written down or ended is tried again at the next look.
            self._seen.add(pod.metadata.name)

    def _write_down(self) -> None:
        Client().create_run_metadata(
            metadata={TROUBLES: dict(self._troubles), LAST_WORDS: dict(self._last_words)},
            resources=[RunMetadataResource(id=self._run, type=MetadataResourceTypes.PIPELINE_RUN)],
        )


def _last_words_of(name: str, core: Any, *, namespace: str) -> str:
    """Returns what a pod said last; nothing where its log is gone, which must not keep the other pods from a look."""
    from kubernetes.client import ApiException  # noqa: PLC0415

    try:
        log = core.read_namespaced_pod_log(
            name, namespace, container="main", tail_lines=_LOG_LINES, _request_timeout=30
        )
    except ApiException as error:
        logger.warning("The log of the pod %s cannot be read: %s", name, error.reason)
        return ""
    return hide_credentials(last_words(log))

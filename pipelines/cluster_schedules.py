"""Schedules that stand in a Kubernetes cluster as CronJobs: the one place that speaks to the cluster's own interface.

ZenML 0.98 makes a CronJob of a schedule, changes its times, suspends and deletes it. It has no time zone, lets runs
overlap and starts missed ones at any time later, so that these three are set on the CronJob itself.
"""

import datetime
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from zenml.client import Client
from zenml.models import ScheduleResponse

from medimage.errors import ConfigurationError, MedimageError
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.occurrences import next_occurrence
from medimage.scheduling.time_zones import find_time_zone
from pipelines.cluster_errors import cluster_errors_explained
from pipelines.cluster_schedule import ClusterSchedule
from pipelines.schedule_arguments import ScheduleArguments

_CRON_JOB = "cron_job_name"
"""Where ZenML notes the CronJob's name: `KUBERNETES_CRON_JOB_METADATA_KEY`."""
_SECONDS = (5, 30)
"""Time to reach the cluster, and to get an answer."""
_SHORTEST_DEADLINE = 60
"""Seconds: Kubernetes looks every ten seconds what is due, and with less than that would start nothing."""


class ClusterSchedules:
    """The schedules of the active stack's orchestrator."""

    def __init__(self) -> None:
        # Every attempt to reach a cluster that is away would be a warning of its own.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self._client = Client()
        self._orchestrator: Any = self._client.active_stack.orchestrator

    def require_reachable(self) -> None:
        """Asks the cluster for its version.

        Raises:
            MedimageError: If it does not answer.
        """
        with self._explained():
            from kubernetes.client import VersionApi  # noqa: PLC0415 - an extra that other stacks do without

            VersionApi(self._orchestrator.get_kube_client()).get_code(_request_timeout=_SECONDS)

    def make_room(self, name: str, *, replace: bool) -> str | None:
        """Deletes the schedule of a name where it may be replaced, and returns its times; None where there is none.

        Raises:
            ConfigurationError: If there is one and it may not.
            MedimageError: If the cluster does not delete it.
        """
        found = self._find(name)
        if found is None:
            return None
        if not replace:
            raise ConfigurationError(
                f"--schedule-name: there is a schedule {name} on the cluster already, at '{found.cron_expression}'. "
                "Give --replace to put this one in its place, or name this one otherwise, with --schedule-name NAME."
            )
        self.delete(name)
        return found.cron_expression

    def set_up(self, asked: ScheduleArguments) -> None:
        """Gives a new CronJob its time zone, one run at a time, and an end to the time in which a run may begin.

        Raises:
            MedimageError: If the cluster does not take them. The schedule is deleted then.
        """
        deadline = max(_SHORTEST_DEADLINE, round(asked.grace_minutes * 60))
        try:
            with self._explained():
                changed = self._batch().patch_namespaced_cron_job(
                    self._cron_job(asked.name),
                    self._namespace,
                    {
                        "spec": {
                            "timeZone": asked.zone,
                            "concurrencyPolicy": "Forbid",
                            "startingDeadlineSeconds": deadline,
                        }
                    },
                    _request_timeout=_SECONDS,
                )
            if changed.spec.time_zone != asked.zone:
                raise MedimageError(
                    f"This cluster's CronJobs have no time zones (Kubernetes before 1.25), so that '{asked.cron}' "
                    f"would not be in {asked.zone}. Make the schedule on this machine, or on another cluster."
                )
        except BaseException as error:
            try:
                self.delete(asked.name)
            except MedimageError as left:
                raise MedimageError(
                    f"{left} The CronJob of {asked.name} stands there without its time zone: once the cluster answers, "
                    f"delete it with medimage schedule delete {asked.name}."
                ) from error
            raise

    def standing(self) -> Iterator[ClusterSchedule]:
        """Yields all schedules of the orchestrator.

        Raises:
            MedimageError: If the cluster cannot be reached.
        """
        schedules = self._all()
        if schedules:
            self.require_reachable()
        for schedule in schedules:
            try:
                yield self._read(schedule.name)
            except MedimageError as error:
                # One whose CronJob somebody deleted must not hide the others.
                yield ClusterSchedule.missing(schedule.name, problem=str(error))

    def _read(self, name: str) -> ClusterSchedule:
        job = self._cron_job(name)
        with self._explained():
            found = self._batch().read_namespaced_cron_job(job, self._namespace, _request_timeout=_SECONDS)
        zone = found.spec.time_zone or "UTC"
        paused = bool(found.spec.suspend)
        now = datetime.datetime.now(tz=datetime.UTC)
        following = next_occurrence(CronExpression.parse(found.spec.schedule), find_time_zone(zone), after=now)
        return ClusterSchedule(
            name=name,
            cron=found.spec.schedule,
            zone=zone,
            is_paused=paused,
            cron_job=f"{self._namespace}/{job}",
            pipeline=str((found.metadata.labels or {}).get("pipeline", "?")),
            next_due=None if paused else following,
        )

    def has(self, name: str) -> bool:
        """Returns whether ZenML knows a schedule of that name on this orchestrator."""
        return self._find(name) is not None

    def pause(self, name: str, *, paused: bool) -> None:
        """Suspends a CronJob, or lets it go on.

        Raises:
            MedimageError: If the cluster does not do it.
        """
        found = self._find(name)
        # ZenML does nothing where its own note says that it is so already, whatever the cluster has.
        if found is not None and found.active is not paused:
            with self._explained():
                self._batch().patch_namespaced_cron_job(
                    self._cron_job(name), self._namespace, {"spec": {"suspend": paused}}, _request_timeout=_SECONDS
                )
            return
        with self._explained():
            self._client.update_schedule(name, active=not paused)

    def delete(self, name: str) -> None:
        """Deletes a schedule from cluster and ZenML. A run that is under way is deleted with its CronJob.

        Raises:
            MedimageError: If the cluster does not do it.
        """
        with self._explained():
            self._client.delete_schedule(name, soft=True)

    def forget(self, name: str) -> None:
        """Removes what ZenML noted of a schedule that never came to the cluster."""
        found = self._find(name)
        if found is not None and not found.run_metadata.get(_CRON_JOB):
            self._client.zen_store.delete_schedule(found.id, soft=False)

    @property
    def _namespace(self) -> str:
        return self._orchestrator.config.kubernetes_namespace

    def _batch(self) -> Any:
        from kubernetes.client import BatchV1Api  # noqa: PLC0415 - an extra that other stacks do without

        return BatchV1Api(self._orchestrator.get_kube_client())

    def _all(self) -> list[ScheduleResponse]:
        page = self._client.list_schedules(
            orchestrator_id=self._orchestrator.id, is_archived=False, size=1000, hydrate=True
        )
        return list(page.items)

    def _find(self, name: str) -> ScheduleResponse | None:
        return next((schedule for schedule in self._all() if schedule.name == name), None)

    def _cron_job(self, name: str) -> str:
        found = self._find(name)
        job = None if found is None else found.run_metadata.get(_CRON_JOB)
        if not job:
            raise MedimageError(
                f"ZenML knows no CronJob of the schedule {name}. kubectl get cronjobs --namespace {self._namespace} "
                f"shows what there is; medimage schedule delete {name} forgets the schedule."
            )
        return str(job)

    def _explained(self) -> AbstractContextManager[None]:
        return cluster_errors_explained(
            self._orchestrator.name,
            context=str(self._orchestrator.config.kubernetes_context),
            namespace=self._namespace,
        )

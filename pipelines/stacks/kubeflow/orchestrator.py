"""ZenML's orchestrator for Kubeflow, with all that a stack says reaching the pods."""

import re
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from zenml.client import Client
from zenml.integrations.kubeflow.orchestrators.kubeflow_orchestrator import KubeflowOrchestrator
from zenml.orchestrators import SubmissionResult
from zenml.orchestrators.utils import get_orchestrator_run_name

from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.needs import StepNeeds
from pipelines.run_snapshot import RunSnapshot
from pipelines.stacks.kubeflow.api import api_errors_told, open_client
from pipelines.stacks.kubeflow.flavor import MedimageKubeflowConfig, MedimageKubeflowSettings
from pipelines.stacks.kubeflow.skipped_steps import note_skipped_steps
from pipelines.stacks.kubeflow.specification import StepTask, write_specification
from pipelines.stacks.kubeflow.step_entrypoint import NOTES_SKIPPED, KubeflowStepEntrypoint
from pipelines.stacks.kubeflow.variables import written_variables
from pipelines.stacks.kubeflow.watch import wait_for_end


class MedimageKubeflowOrchestrator(KubeflowOrchestrator):
    """Hands Kubeflow what ZenML's own leaves out, and waits for a run as long as it takes."""

    @property
    def config(self) -> MedimageKubeflowConfig:
        """What the orchestrator is given."""
        return cast(MedimageKubeflowConfig, self._config)

    @property
    def settings_class(self) -> type[MedimageKubeflowSettings]:
        """Class of what a step is given."""
        return MedimageKubeflowSettings

    @property
    def pods(self) -> KubeflowConfig:
        """What all pods are given."""
        return KubeflowConfig.model_validate({**self.config.pods, "host": self.host})

    @property
    def host(self) -> str:
        """Address of the API."""
        return self.config.kubeflow_hostname or ""

    def open_client(self) -> Any:
        """Returns Kubeflow's client, logged in.

        Raises:
            StackError: If the API does not answer, or refuses the login.
        """
        pods = self.pods
        return open_client(
            self.host,
            token=self.config.token,
            cookie=self.config.cookie,
            ca_certificate=pods.ca_certificate,
            namespace=pods.namespace,
        )

    def write_specification(
        self, snapshot: Any, path: Path, *, environments: dict[str, dict[str, str]], left_out: Collection[str] = ()
    ) -> None:
        """Writes a pipeline as Kubeflow takes it.

        Args:
            snapshot: ZenML's snapshot of the pipeline.
            path: The file; its name ends with .yaml.
            environments: Environment variables of each step.
            left_out: Steps that a decision taken from the cache leaves out.

        Raises:
            StackError: If pods would have no login at the ZenML server.
        """
        pipeline = snapshot.pipeline_configuration.name
        write_specification(
            self._tasks(snapshot, environments, left_out),
            path,
            name=re.sub(r"[^a-z0-9]+", "-", pipeline.lower()).strip("-"),
            description=f"The pipeline {pipeline} of medimage, as ZenML's snapshot {snapshot.id}",
            pods=self.pods,
        )

    def submit_pipeline(
        self,
        snapshot: Any,
        stack: Any,  # noqa: ARG002
        base_environment: dict[str, str],  # noqa: ARG002
        step_environments: dict[str, dict[str, str]],
        placeholder_run: Any = None,
    ) -> SubmissionResult | None:
        """Hands a pipeline to Kubeflow.

        Args:
            snapshot: ZenML's snapshot of the pipeline, without the steps that were taken from the cache.
            stack: The stack.
            base_environment: Environment of what starts the steps, which Kubeflow has itself.
            step_environments: Environment variables of each step.
            placeholder_run: ZenML's run.

        Raises:
            StackError: If Kubeflow does not answer, refuses the login, or does not take the pipeline.
        """
        left_out = [] if placeholder_run is None else _noted_as_left_out(placeholder_run)
        if set(snapshot.step_configurations) <= set(left_out):
            return None
        client = self.open_client()
        pods, name = self.pods, get_orchestrator_run_name(snapshot.pipeline_configuration.name).replace("_", "-")
        with tempfile.TemporaryDirectory(prefix="medimage-kubeflow-") as folder:
            path = Path(folder) / "pipeline.yaml"
            self.write_specification(snapshot, path, environments=step_environments, left_out=left_out)
            with api_errors_told(self.host, doing="take the run"):
                begun = client.create_run_from_pipeline_package(
                    str(path),
                    arguments={},
                    run_name=name,
                    experiment_name=snapshot.pipeline_configuration.name,
                    namespace=pods.namespace,
                    service_account=pods.service_account,
                )
        if placeholder_run is None:
            return None
        return SubmissionResult(
            wait_for_completion=lambda: wait_for_end(
                client, begun.run_id, zenml_run=placeholder_run.id, host=self.host, steps=list(step_environments)
            )
        )

    def _tasks(
        self, snapshot: Any, environments: dict[str, dict[str, str]], left_out: Collection[str]
    ) -> list[StepTask]:
        steps = {name: step for name, step in snapshot.step_configurations.items() if name not in left_out}
        settings = {name: cast(MedimageKubeflowSettings, self.get_settings(step)) for name, step in steps.items()}
        # Each step then notes those that are left out: nobody knows which one is the last.
        may_skip = bool(left_out) or any(own.only_where for own in settings.values())
        tasks = []
        for name, step in steps.items():
            needs = StepNeeds.model_validate(settings[name].needs)
            tasks.append(
                StepTask(
                    name=name,
                    image=self.get_image(snapshot=snapshot, step_name=name),
                    command=KubeflowStepEntrypoint.get_entrypoint_command(),
                    arguments=KubeflowStepEntrypoint.get_entrypoint_arguments(
                        step_name=name, snapshot_id=snapshot.id, **{NOTES_SKIPPED: may_skip}
                    ),
                    after=[each for each in step.spec.upstream_steps if each in steps],
                    only_where=[each for each in settings[name].only_where if each["step"] in steps],
                    needs=needs,
                    variables=written_variables(environments[name], self.pods),
                )
            )
        return tasks


def _noted_as_left_out(placeholder_run: Any) -> list[str]:
    """Returns the steps that a decision taken from the cache leaves out, noted as skipped."""
    # As ZenML has them: it takes those that are in the cache out of what is handed to an orchestrator.
    run: Any = Client().get_pipeline_run(placeholder_run.id)
    return note_skipped_steps(RunSnapshot(run), Client().zen_store.get_snapshot(run.snapshot.id).step_configurations)

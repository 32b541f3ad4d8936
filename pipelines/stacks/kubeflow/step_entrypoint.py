"""What the pod of a step runs: ZenML's entrypoint, and after it what Kubeflow is to know of the step."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from zenml.client import Client
from zenml.entrypoints import StepEntrypointConfiguration
from zenml.exceptions import EntityExistsError

from pipelines.run_files import has_ended
from pipelines.run_snapshot import RunSnapshot
from pipelines.stacks.kubeflow.skipped_steps import conditions_of, decided, note_skipped_steps
from pipelines.stacks.kubeflow.specification import DECISION_FILE, NO, YES

NOTES_SKIPPED: Final = "notes_skipped"
"""Option: steps may be left out once this one is over."""


class KubeflowStepEntrypoint(StepEntrypointConfiguration):
    """Runs a step, and tells Kubeflow what was decided."""

    @classmethod
    def get_entrypoint_options(cls) -> dict[str, bool]:
        """Returns ZenML's options and whether they are required, and those of decisions."""
        return super().get_entrypoint_options() | {DECISION_FILE: False, NOTES_SKIPPED: False}

    @classmethod
    def get_entrypoint_arguments(cls, **values: Any) -> list[str]:
        """Returns ZenML's arguments, and whether steps may be left out once this one is over."""
        further = [f"--{NOTES_SKIPPED}", YES] if values.get(NOTES_SKIPPED) else []
        return super().get_entrypoint_arguments(**values) + further

    def prepare_code_environment(self) -> None:
        """Does nothing: the image has the code, and its user may not make the folder that ZenML would work in."""

    def _run_step(self, step: Any, snapshot: Any) -> None:
        try:
            super()._run_step(step=step, snapshot=snapshot)
        except EntityExistsError:
            # The pod before this one was lost after its step had come to its end.
            if not has_ended(self._pipeline_run(), step.spec.invocation_id):
                raise

    def post_run(self, pipeline_name: str, step_name: str) -> None:  # noqa: ARG002
        """Notes the steps that are left out, and writes down what was decided.

        Args:
            pipeline_name: Name of the pipeline.
            step_name: Name of the step.
        """
        if not self.entrypoint_args.get(NOTES_SKIPPED):
            return
        steps = Client().zen_store.get_snapshot(self.snapshot.id).step_configurations
        run = self._pipeline_run()
        note_skipped_steps(run, steps)
        file = self.entrypoint_args.get(DECISION_FILE)
        if file is None:
            return
        asked = [each for step in steps.values() for each in conditions_of(step) if each["step"] == step_name]
        path = Path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(YES if decided(run, asked[0]) else NO)

    def _pipeline_run(self) -> RunSnapshot:
        """Returns ZenML's run that this pod works for."""
        orchestrator_run = Client().active_stack.orchestrator.get_orchestrator_run_id()
        (run,) = Client().list_pipeline_runs(
            orchestrator_run_id=orchestrator_run, snapshot_id=UUID(str(self.snapshot.id)), hydrate=True
        )
        return RunSnapshot(run)

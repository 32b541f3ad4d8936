"""Which files an inference has no answers on, where a share of it failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.models import PipelineRunResponse, PipelineRunUpdate, StepRunRequest
from zenml.utils.time_utils import utc_now

from medimage.errors import StackError
from medimage.inference.image_file import ImageFile
from medimage.registry.version_reference import VersionReference
from medimage.work_share import work_shares
from pipelines.definitions.inference import inference_pipeline
from pipelines.failed_shares import told_with_files
from tests.support.active_stack import active_stack, begun_run, kubeflow_definition

FILES = [ImageFile(name=f"{number:02d}.png", path=Path(f"{number:02d}.png")) for number in range(30)]
SHARES = work_shares(30, most=3, least_items=10)
LOST = StackError("Kubeflow refuses the login. The run goes on there.")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineRunResponse]:
    """An inference that goes on in a cluster: one of its shares failed, one ended, and one is under way."""
    definition = kubeflow_definition(
        tmp_path_factory.mktemp("stack"), name="answering", host="http://127.0.0.1:9/pipeline"
    )
    model = VersionReference(name="lung", version=1, onnx_sha256="0" * 64)
    with active_stack(definition):
        begun = begun_run(
            inference_pipeline,
            name="answering-run",
            model=model,
            folder="/images",
            fingerprints=["a", "b", "c"],
            decoders={"pillow": "12"},
        )
        note(begun, 1, ExecutionStatus.COMPLETED)
        note(begun, 2, ExecutionStatus.FAILED)
        note(begun, 3, ExecutionStatus.RUNNING)
        yield begun


def note(run: PipelineRunResponse, share: int, status: ExecutionStatus) -> None:
    """Notes a step of the run as its pod would."""
    request = StepRunRequest(
        name=f"predict_image_share-{share}_of_3",
        project=run.project_id,
        pipeline_run_id=run.id,
        status=status,
        start_time=utc_now(),
        end_time=utc_now() if status.is_finished else None,
    )
    Client().zen_store.create_run_step(request)


def told(run_name: str) -> StackError:
    error = told_with_files(LOST, run_name=run_name, files=FILES, shares=SHARES)
    assert isinstance(error, StackError)
    return error


def test_shares_of_a_run_that_goes_on_without_its_command_are_not_told_as_failed(run: PipelineRunResponse) -> None:
    assert told(run.name) is LOST


def test_a_run_that_was_never_begun_has_no_shares_to_tell_of() -> None:
    assert told("never-begun") is LOST


def test_once_the_run_is_over_what_failed_is_told_with_its_files_and_what_is_kept(run: PipelineRunResponse) -> None:
    Client().zen_store.update_run(run.id, PipelineRunUpdate(status=ExecutionStatus.FAILED))
    words = str(told(run.name))
    assert "share 2 of 3 with 10 files, from 10.png to 19.png" in words
    assert "1 of 3 shares have their answers, which are kept" in words

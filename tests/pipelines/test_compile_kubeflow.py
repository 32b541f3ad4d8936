"""The command that writes a pipeline down for Kubeflow without asking a cluster."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PlatformSpec

from medimage.errors import ConfigurationError
from pipelines import compile_kubeflow
from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, environment

CANDIDATES = "{one: {}, two: {training: {class_weights: auto}}}"
STACK = ("--stack", "configs/stacks/kubeflow.yaml")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "--out", "x.json", *STACK], "ends with .yaml"),
        (["train", "--out", "no-such-folder/x.yaml", *STACK], "lies in one that is not there"),
        (["train", "--out", "x.yaml", "--stack", "configs/stacks/kubernetes.yaml"], "is kubernetes"),
        (["train", "--out", "x.yaml", "--stack", "no-such.yaml"], "no-such.yaml"),
        (["train", "--out", "x.yaml", *STACK, "--summary", "s.json"], "--summary: nothing is run"),
        (["train", "--out", "x.yaml", *STACK, "--summary=s.json"], "--summary: nothing is run"),
    ],
)
def test_what_cannot_be_written_is_refused(words: list[str], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(sys, "argv", ["compile_kubeflow", *words])
    with pytest.raises(ConfigurationError, match=told):
        compile_kubeflow.main()


@pytest.mark.parametrize("words", [[], ["train"], ["train", "--ou", "x.yaml"], ["trian", "--out", "x.yaml"]])
def test_a_command_line_that_lacks_something_is_refused(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["compile_kubeflow", *words])
    with pytest.raises(SystemExit) as ended:
        compile_kubeflow.main()
    assert ended.value.code == 2


def compiled(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    out = folder / "pipeline.yaml"
    return subprocess.run(
        [sys.executable, "-m", "pipelines.compile_kubeflow", *words, *STACK, "--out", str(out)],
        cwd=PROJECT,
        # No Kubeflow, and no registry either: nothing listens there.
        env=environment(
            folder / "home", ZENML_STORE_URL="http://127.0.0.1:9", MLFLOW_TRACKING_URI="http://127.0.0.1:9"
        ),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (["train", *TINY, *OPEN_GATE], {"train-stage2", "medical-validation-gate", "condition-1"}),
        (
            ["cross-validation", *TINY, *OPEN_GATE, "--split.folds", "3", "--cross_validation.ensemble", "true"],
            {"train-stage2-fold-2", "judge-folds", "condition-1"},
        ),
        (
            [
                "experiment",
                *TINY,
                *OPEN_GATE,
                "--experiment.candidates",
                "{one: {}, two: {training: {class_weights: auto}}}",
            ],
            {"train-stage2-one", "train-stage2-two", "compare-candidates"},
        ),
    ],
)
def test_pipelines_are_written_without_any_server_and_kubeflow_reads_them(
    words: list[str], steps: set[str], tmp_path: Path
) -> None:
    run = compiled(tmp_path, *words)
    assert run.returncode == 0, run.stderr
    path = tmp_path / "pipeline.yaml"
    pipeline, platform = yaml.safe_load_all(path.read_text())
    json_format.ParseDict(pipeline, PipelineSpec())
    json_format.ParseDict(platform, PlatformSpec())
    assert components.load_component_from_file(str(path)).pipeline_spec is not None
    assert steps <= set(pipeline["root"]["dag"]["tasks"])
    text = path.read_text()
    assert "ZENML_STORE_" not in text.replace("ZENML_STORE_API_KEY", "")
    assert str(tmp_path) not in text


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["retrain", *TINY], "The pipeline retrain cannot be run in Kubeflow"),
        (["train", *TINY, "--training.batch_size", "auto"], "give training.batch_size a number"),
    ],
)
def test_what_must_look_at_a_step_first_is_refused_with_what_to_do(words: list[str], told: str, tmp_path: Path) -> None:
    run = compiled(tmp_path, *words, *(OPEN_GATE if words[0] == "train" else ()))
    assert run.returncode != 0
    assert told in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "pipeline.yaml").exists()

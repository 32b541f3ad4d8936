"""What Kubeflow is handed: all that a step needs, held to Kubeflow's own schemas, and read back by its own loader."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PlatformSpec

from medimage.config.stack.kubeflow import ClaimConfig, KubeflowConfig
from medimage.config.stack.loading import load_stack
from medimage.config.stack.needs import StepNeeds, Toleration
from pipelines.stacks.kubeflow.specification import StepTask, write_specification
from pipelines.static_form import Condition
from tests.conftest import PROJECT

STACK = load_stack(PROJECT / "configs" / "stacks" / "kubeflow.yaml")
GOLDEN = Path(__file__).with_name("train_stage2_task.json")
PASSED = Condition(step="medical_validation_gate", output="gate_report", decision="gate_passed")


def task(name: str, *after: str, needs: StepNeeds | None = None, only_where: tuple[Condition, ...] = ()) -> StepTask:
    return StepTask(
        name=name,
        image="registry.example.org/imaging/medimage-train:0.1.0",
        command=["python", "-m", "zenml.entrypoints.entrypoint"],
        arguments=["--snapshot_id", "IDENTIFIER", "--step_name", name],
        after=after,
        only_where=only_where,
        needs=needs or STACK.steps.needs_of(name.partition("-")[0]),
        variables={"OMP_NUM_THREADS": "4", "KFP_RUN_ID": "{{$.pipeline_job_name}}"},
    )


def written(
    folder: Path, *tasks: StepTask, pods: KubeflowConfig | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    assert STACK.kubeflow is not None
    path = folder / "pipeline.yaml"
    write_specification(tasks, path, name="train", description="A test", pods=pods or STACK.kubeflow)
    pipeline, *platform = yaml.safe_load_all(path.read_text())
    json_format.ParseDict(pipeline, PipelineSpec())
    for part in platform:
        json_format.ParseDict(part, PlatformSpec())
        for asked in part["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
            json_format.ParseDict(asked, KubernetesExecutorConfig())
    assert components.load_component_from_file(str(path)).name == "train"
    return pipeline, platform[0] if platform else {}


def executors(pipeline: dict[str, Any], platform: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    label = pipeline["components"][f"comp-{name}"]["executorLabel"]
    of_kubernetes = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return pipeline["deploymentSpec"]["executors"][label]["container"], of_kubernetes.get(label, {})


@pytest.fixture(scope="module")
def gpu_task(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pipeline, platform = written(
        tmp_path_factory.mktemp("gpu"), task("train_stage1"), task("train_stage2", "train_stage1")
    )
    container, asked = executors(pipeline, platform, "train-stage2")
    return {"task": pipeline["root"]["dag"]["tasks"]["train-stage2"], "container": container, "kubernetes": asked}


def test_the_task_of_a_step_with_a_gpu_is_the_golden_one(gpu_task: dict[str, Any]) -> None:
    assert gpu_task == json.loads(GOLDEN.read_text()), json.dumps(gpu_task, indent=2)


def test_gpus_come_with_their_number_and_the_name_of_their_resource(gpu_task: dict[str, Any]) -> None:
    accelerator = gpu_task["container"]["resources"]["accelerator"]
    assert (accelerator["resourceCount"], accelerator["resourceType"]) == ("1", "nvidia.com/gpu")


def test_processors_are_asked_for_and_memory_is_the_limit_as_well(gpu_task: dict[str, Any]) -> None:
    resources = gpu_task["container"]["resources"]
    assert resources["resourceCpuRequest"] == "6"
    assert (resources["resourceMemoryRequest"], resources["resourceMemoryLimit"]) == ("32Gi", "32Gi")
    assert "resourceCpuLimit" not in resources


def test_retries_a_limit_of_time_and_the_cache_are_stated(gpu_task: dict[str, Any]) -> None:
    assert gpu_task["task"]["retryPolicy"]["maxRetryCount"] == 3
    assert gpu_task["kubernetes"]["activeDeadlineSeconds"] == str(720 * 60)
    # Stated, and off: ZenML's cache decides, which knows the outputs. To say nothing would be on.
    options = json_format.ParseDict(
        {"components": {}, "root": {"dag": {"tasks": {"t": gpu_task["task"]}}}}, PipelineSpec()
    ).root.dag.tasks["t"]
    assert options.HasField("caching_options")
    assert options.caching_options.enable_cache is False


def test_nodes_shared_memory_secrets_and_user_reach_the_pod(gpu_task: dict[str, Any]) -> None:
    asked = gpu_task["kubernetes"]
    assert asked["nodeSelector"]["labels"] == {"accelerator": "nvidia"}
    assert asked["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    (shared,) = asked["emptyDirMounts"]
    assert (shared["mountPath"], shared["medium"], shared["sizeLimit"]) == ("/dev/shm", "Memory", "8Gi")
    (secret,) = asked["secretAsEnv"]
    assert secret["secretName"] == "medimage-zenml"
    assert secret["keyToEnv"] == [{"secretKey": "api_key", "envVar": "ZENML_STORE_API_KEY"}]
    assert asked["imagePullSecret"][0]["secretName"] == "registry"
    assert asked["securityContext"]["runAsUser"] == "10001"
    assert asked["securityContext"]["runAsNonRoot"] is True


def test_every_step_has_an_end_and_states_its_cache(tmp_path: Path) -> None:
    names = ("download_dataset", "evaluate_model", "promote_model")
    pipeline, platform = written(tmp_path, *(task(name) for name in names))
    for name in names:
        assert int(executors(pipeline, platform, name.replace("_", "-"))[1]["activeDeadlineSeconds"]) > 0
        assert pipeline["root"]["dag"]["tasks"][name.replace("_", "-")]["cachingOptions"] == {}


def test_a_step_that_asks_for_little_gets_little(tmp_path: Path) -> None:
    pods = KubeflowConfig(host="https://kubeflow.example.org", user=None)
    pipeline, platform = written(tmp_path, task("split_dataset", needs=StepNeeds(cpu=0.5)), pods=pods)
    container = pipeline["deploymentSpec"]["executors"]["exec-split-dataset"]["container"]
    assert container["resources"]["resourceCpuRequest"] == "500m"
    assert "accelerator" not in container["resources"]
    assert "retryPolicy" not in pipeline["root"]["dag"]["tasks"]["split-dataset"]
    assert platform == {}


def test_other_accelerators_limits_values_of_taints_and_claims_reach_the_pod(tmp_path: Path) -> None:
    needs = StepNeeds(
        cpu=2,
        cpu_limit=3.5,
        memory="4Gi",
        memory_limit="6Gi",
        gpus=2,
        gpu_resource="amd.com/gpu",
        tolerations=(Toleration(key="team", operator="Equal", value="imaging"),),
    )
    pods = KubeflowConfig(
        host="https://kubeflow.example.org", volumes=(ClaimConfig(claim="images", path="/images"),), user=None
    )
    pipeline, platform = written(tmp_path, task("train_stage2", needs=needs), pods=pods)
    container, asked = executors(pipeline, platform, "train-stage2")
    resources = container["resources"]
    assert (resources["resourceCpuLimit"], resources["resourceMemoryLimit"]) == ("3500m", "6Gi")
    assert resources["accelerator"]["resourceType"] == "amd.com/gpu"
    assert resources["accelerator"]["resourceCount"] == "2"
    assert asked["tolerations"] == [{"key": "team", "operator": "Equal", "value": "imaging"}]
    (mount,) = asked["pvcMount"]
    assert (mount["constant"], mount["mountPath"]) == ("images", "/images")


def test_steps_after_a_decision_are_below_its_condition_and_the_deciding_one_is_told_where_to_write(
    tmp_path: Path,
) -> None:
    pipeline, _ = written(
        tmp_path,
        task("evaluate_model"),
        task("medical_validation_gate", "evaluate_model"),
        task("export_onnx", "evaluate_model", "medical_validation_gate", only_where=(PASSED,)),
        task("package_bento", "export_onnx", only_where=(PASSED,)),
    )
    tasks = pipeline["root"]["dag"]["tasks"]
    assert set(tasks) == {"evaluate-model", "medical-validation-gate", "condition-1"}
    assert tasks["condition-1"]["triggerPolicy"]["condition"].endswith("== 'yes'")
    below = pipeline["components"]["comp-condition-1"]["dag"]["tasks"]
    assert below["package-bento"]["dependentTasks"] == ["export-onnx"]
    arguments = pipeline["deploymentSpec"]["executors"]["exec-medical-validation-gate"]["container"]["args"]
    assert arguments[-2:] == ["--decision_file", "{{$.outputs.parameters['decision'].output_file}}"]


def test_a_second_decision_lies_below_the_first(tmp_path: Path) -> None:
    second = Condition(step="export_onnx", output="exported", decision="gate_passed")
    pipeline, _ = written(
        tmp_path,
        task("medical_validation_gate"),
        task("export_onnx", "medical_validation_gate", only_where=(PASSED,)),
        task("package_bento", "export_onnx", only_where=(PASSED, second)),
    )
    outer = pipeline["components"]["comp-condition-1"]["dag"]["tasks"]
    assert set(outer) == {"export-onnx", "condition-2"}
    assert set(pipeline["components"]["comp-condition-2"]["dag"]["tasks"]) == {"package-bento"}


def test_steps_of_folds_keep_their_names(tmp_path: Path) -> None:
    pipeline, platform = written(tmp_path, task("train_stage1-fold_0"), task("train_stage1-fold_1"))
    assert [each["taskInfo"]["name"] for each in pipeline["root"]["dag"]["tasks"].values()] == [
        "train_stage1-fold_0",
        "train_stage1-fold_1",
    ]
    assert executors(pipeline, platform, "train-stage1-fold-1")[0]["args"][-1] == "train_stage1-fold_1"

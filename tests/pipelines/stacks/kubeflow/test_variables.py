"""What a pod is given in writing, where everybody may read it."""

import pytest

from medimage.config.stack.kubeflow import KubeflowConfig, SecretVariable
from medimage.errors import StackError
from pipelines.stacks.kubeflow.variables import written_variables

HOST = "https://kubeflow.example.org/pipeline"
ENVIRONMENT = {
    "ZENML_STORE_URL": "https://zenml.example.org",
    "ZENML_STORE_API_TOKEN": "SECRETVALUE",
    "ZENML_STORE_PASSWORD": "SECRETVALUE",
    "OMP_NUM_THREADS": "4",
}


def pods(*variables: str) -> KubeflowConfig:
    named = tuple(SecretVariable(variable=name, secret="medimage-zenml", key="api_key") for name in variables)
    return KubeflowConfig(host=HOST, secret_variables=named)


def test_logins_are_left_to_the_cluster() -> None:
    written = written_variables(ENVIRONMENT, pods("ZENML_STORE_API_KEY", "MEDIMAGE_SALT"))
    assert written == {
        "ZENML_STORE_URL": "https://zenml.example.org",
        "OMP_NUM_THREADS": "4",
        "KFP_RUN_ID": "{{$.pipeline_job_name}}",
    }


def test_what_the_cluster_gives_is_not_written_beside_it() -> None:
    assert "OMP_NUM_THREADS" not in written_variables(ENVIRONMENT, pods("ZENML_STORE_API_KEY", "OMP_NUM_THREADS"))


def test_pods_without_a_login_are_told_before_they_are_begun_and_the_login_is_not_shown() -> None:
    with pytest.raises(StackError, match=r"kubeflow\.secret_variables") as caught:
        written_variables(ENVIRONMENT, pods("MEDIMAGE_SALT"))
    assert "SECRETVALUE" not in str(caught.value)


def test_a_server_that_asks_for_no_login_needs_none() -> None:
    assert written_variables({"ZENML_STORE_URL": "http://10.0.0.1"}, pods())["ZENML_STORE_URL"] == "http://10.0.0.1"

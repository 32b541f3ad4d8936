"""Definitions of stacks in Kubeflow: strict, without secrets, and asking for nothing that Kubeflow does not have."""

from pathlib import Path
from typing import Any

import pytest

from medimage.config.stack.loading import load_stack
from tests.support.stack_definitions import STACKS, changed_definition, refusal


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fan_out.at_once": 2}, ["fan_out.at_once", "leave it out"]),
        ({"kubeflow": ...}, ["needs kubeflow"]),
        ({"kubeflow.host": ...}, ["kubeflow.host"]),
        ({"kubeflow.host": "kubeflow.example.org"}, ["kubeflow.host", "https://"]),
        ({"kubeflow.host": "ftp://kubeflow.example.org"}, ["kubeflow.host", "https://"]),
        ({"kubeflow.host": "https://"}, ["kubeflow.host", "an address"]),
        ({"kubeflow.host": "http://kubeflow.example.org"}, ["https://", "login"]),
        ({"kubeflow.hots": "x"}, ["kubeflow.hots", "there is no such key", "host"]),
        ({"kubeflow.context": "x"}, ["kubeflow.context", "there is no such key"]),
        ({"kubeflow.cookie": "{{medimage-kubeflow.cookie}}"}, ["token and cookie are two logins"]),
        ({"kubeflow.secret_variables": [{"variable": "A"}]}, ["secret"]),
        ({"kubeflow.secret_variables": [{"variable": "A", "secret": "", "key": "k"}]}, ["secret"]),
        ({"kubeflow.secret_variables": [{"variable": "A B", "secret": "s", "key": "k"}]}, ["variable"]),
        (
            {"kubeflow.secret_variables": [{"variable": "A", "secret": "s", "key": key} for key in "kl"]},
            ["secret_variables", "A is there twice"],
        ),
        ({"environment": {"ZENML_STORE_URL": "x", "OMP_NUM_THREADS": 4}}, ["environment.OMP_NUM_THREADS"]),
        ({"kubeflow.user": 0}, ["kubeflow.user"]),
        ({"kubeflow.volumes": [{"claim": "images", "path": "images"}]}, ["kubeflow.volumes", "path"]),
        ({"kubernetes": {"context": "x", "service_account": "y"}}, ["only a stack of the kind kubernetes"]),
        ({"image": ...}, ["a stack of the kind kubeflow needs image"]),
        ({"artifact_store": {"kind": "local"}}, ["must be s3"]),
        ({"steps.default.gpus": -1}, ["steps.default.gpus", "0"]),
        ({"steps.default.memory": "much"}, ["steps.default.memory", "such as 8Gi"]),
        ({"steps.default.memory": "8GiB"}, ["steps.default.memory", "such as 8Gi"]),
        ({"steps.by_class.training.memory": "-3Gi"}, ["steps.by_class.training.memory"]),
        ({"steps.by_name.record_training": {"apart": False}}, ["record_training.apart", "every step has a pod"]),
        ({"steps.default.apart": False}, ["steps.default.apart", "every step has a pod"]),
        ({"steps.default.start_minutes": 5}, ["steps.default.start_minutes", "run_minutes"]),
        ({"kind": "kubeflo"}, ["did you mean 'kubeflow'"]),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], words: list[str]) -> None:
    told = refusal(changed_definition(tmp_path, "kubeflow", changes))
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    "changes",
    [
        {"kubeflow.token": "SECRETVALUE"},
        {"kubeflow.token": ..., "kubeflow.cookie": "session=SECRETVALUE"},
        {"kubeflow.host": "https://user:SECRETVALUE@kubeflow.example.org"},
        {"environment.ZENML_STORE_API_KEY": "SECRETVALUE"},
    ],
)
def test_a_definition_holds_no_secret_and_its_refusal_repeats_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    told = refusal(changed_definition(tmp_path, "kubeflow", changes))
    assert "secret" in told
    assert "SECRETVALUE" not in told


def test_a_login_may_go_to_this_machine_without_a_certificate(tmp_path: Path) -> None:
    stack = load_stack(changed_definition(tmp_path, "kubeflow", {"kubeflow.host": "http://localhost:8080/pipeline"}))
    assert stack.kubeflow is not None
    assert stack.kubeflow.token == "{{medimage-kubeflow.token}}"


def test_a_step_may_be_shorter_than_the_start_that_other_clusters_give_it(tmp_path: Path) -> None:
    stack = load_stack(changed_definition(tmp_path, "kubeflow", {"steps.default.run_minutes": 10}))
    assert stack.steps.needs_of("split_dataset").run_minutes == 10


def test_both_clusters_give_the_steps_of_a_class_the_same() -> None:
    kubernetes, kubeflow = (load_stack(STACKS / f"{name}.yaml").steps for name in ("kubernetes", "kubeflow"))
    for name in ("download_dataset", "train_stage2", "evaluate_model", "export_onnx", "promote_model"):
        assert kubernetes.needs_of(name) == kubeflow.needs_of(name)

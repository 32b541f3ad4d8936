"""A registration that fails or is killed leaves the registry as it was, or is finished by the next one."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from medimage.errors import RegistryError
from medimage.registry import model_registry
from tests.support.registered import NAME, aliases, register


def refuse(*_: object, **__: object) -> None:
    raise MlflowException("the server is on fire")


@pytest.mark.usefixtures("database")
def test_failure_while_an_earlier_model_comes_back_leaves_every_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    with monkeypatch.context() as failing:
        failing.setattr(MlflowClient, "set_model_version_tag", refuse)
        with pytest.raises(RegistryError, match="on fire"):
            register()
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_failure_while_promoting_leaves_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    with monkeypatch.context() as failing:
        failing.setattr(MlflowClient, "set_model_version_tag", refuse)
        with pytest.raises(RegistryError, match="on fire"):
            register(slope=2.0, evidence_hash="e3")
    assert aliases() == {"champion": 2, "previous": 1}
    assert sorted(int(found.version) for found in MlflowClient().search_model_versions(f"name = '{NAME}'")) == [1, 2]


@pytest.mark.usefixtures("database")
def test_failure_at_the_first_model_leaves_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MlflowClient, "create_model_version", refuse)
    with pytest.raises(RegistryError, match="on fire"):
        register()
    assert MlflowClient().search_registered_models() == []


@pytest.mark.usefixtures("database")
def test_version_that_a_killed_process_left_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(model_registry, "give_alias", lambda *_, **__: None)
        assert register().aliases == ()
    assert register().aliases == ("champion",)
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 1

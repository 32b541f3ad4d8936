import pytest

from medimage.doctor.environment import check_environment
from medimage.doctor.finding import State


def test_a_variable_that_nobody_reads_is_told_with_what_was_meant() -> None:
    found = check_environment({"MEDIMAGE_HOM": "/x", "MEDIMAGE_SERVE_TOKENS": "a", "HOME": "/"})
    assert found.state is State.NOTE
    assert "MEDIMAGE_HOM; did you mean MEDIMAGE_HOME" in found.told
    assert "SERVE" not in found.told


def test_a_kind_of_log_that_there_is_none_of_is_a_problem() -> None:
    assert check_environment({"MEDIMAGE_LOG": "xml"}).state is State.PROBLEM
    assert check_environment({"MEDIMAGE_LOG": "json"}).state is State.FINE


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "ZENML_STORE_URL"])
def test_servers_that_are_named_are_told_without_their_passwords(name: str) -> None:
    found = check_environment({name: "https://me:hunter22@example.org"})
    assert "https://***@example.org" in found.told
    assert "hunter22" not in str(found)

"""What `medimage clean` does where ZenML does not let something go."""

import json
from typing import Any

import pytest

from tests.support.commands import environment, run_module


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was said and what is left, with what was printed."""
    folder = tmp_path_factory.mktemp("refused")
    finished = run_module(
        "tests.support.refused_cleaning", str(folder / "found.json"), variables=environment(folder / "home")
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return {**json.loads((folder / "found.json").read_text()), "printed": finished.stdout}


def test_what_zenml_does_not_let_go_is_told_with_the_reason_and_an_exit_code(refused: dict[str, Any]) -> None:
    name = refused["runs"]["refused"]
    assert refused["cleaned"]["code"] == 1
    (told,) = [line for line in refused["printed"].splitlines() if line.startswith(f"run {name}: ")]
    assert "this run is not to go" in told
    assert "Traceback" not in refused["printed"]


def test_a_run_that_stays_keeps_its_outputs_its_folder_and_what_it_may_have_read(refused: dict[str, Any]) -> None:
    name = refused["runs"]["refused"]
    assert refused["left"] == [name]
    assert refused["folders"] == [name]
    assert refused["kept"] == {"given": 1, "download": True}
    problems = {each["kind"]: each["problem"] for each in refused["cleaned"]["garbage"] if each["problem"]}
    assert set(problems) == {"run", "run folder", "artifact", "download"}
    assert "a run that is still recorded uses it" in problems["artifact"]
    assert f"the run {name}, which could not be removed" in problems["run folder"]


def test_what_is_refused_keeps_nothing_else_from_being_removed(refused: dict[str, Any]) -> None:
    removed = [(each["kind"], each["name"]) for each in refused["cleaned"]["garbage"] if each["removed"]]
    other = refused["runs"]["other"]
    assert removed == [("run", other), ("run folder", other), ("artifact", "giving_pipeline::give::output")]


def test_a_later_cleaning_takes_the_rest(refused: dict[str, Any]) -> None:
    assert refused["again"]["code"] == 0
    assert all(each["removed"] for each in refused["again"]["garbage"])
    assert refused["left_then"] == []

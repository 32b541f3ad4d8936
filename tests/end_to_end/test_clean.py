"""What `medimage clean` removes from a real workspace, and what it leaves."""

import json
from typing import Any

import pytest

from tests.support.commands import environment, run_module

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("cleaned")
    finished = run_module(
        "tests.support.cleaned_workspace", str(folder / "found.json"), variables=environment(folder / "home")
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return json.loads((folder / "found.json").read_text())


def garbage(summary: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["kind"], each["name"]) for each in summary["garbage"]}


def test_a_dry_run_removes_nothing_and_lists_what_a_deleting_one_removes(cleaned: dict[str, Any]) -> None:
    other = cleaned["runs"]["other"]
    expected = {
        ("run", other),
        ("run folder", other),
        ("artifact", "giving_pipeline::give::output"),
        ("artifact", "left"),
    }
    assert garbage(cleaned["listed"]) == expected
    assert set(cleaned["before"]) == set(cleaned["runs"].values())
    assert garbage(cleaned["deleted"]) == expected
    assert all(each["removed"] for each in cleaned["deleted"]["garbage"])


def test_nothing_is_removed_while_a_run_is_under_way(cleaned: dict[str, Any]) -> None:
    assert cleaned["refused"] == "UnderWayError"


def test_the_run_of_a_registered_model_stays_with_the_run_that_it_took_steps_of(cleaned: dict[str, Any]) -> None:
    runs = cleaned["runs"]
    assert cleaned["left"] == sorted((runs["first"], runs["second"]))
    assert cleaned["folders"] == sorted((runs["first"], runs["second"]))


def test_a_later_run_takes_the_same_steps_from_the_cache(cleaned: dict[str, Any]) -> None:
    assert cleaned["status"] == "cached"


def test_a_locked_test_set_stays_without_a_run(cleaned: dict[str, Any]) -> None:
    assert cleaned["locked"] == "images"
    assert cleaned["artifacts"] == ["giving_pipeline::give::output", "locked_test_set"]
    assert not any("left" in path for path in cleaned["stored"])


def test_downloads_stay_while_there_is_a_schedule(cleaned: dict[str, Any]) -> None:
    assert cleaned["download_kept"]
    assert cleaned["unscheduled"] == ["owner__set/version-1"]

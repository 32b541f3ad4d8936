"""A second model is held against the first one, and the first one's own run comes to the same end again."""

from pathlib import Path

import pytest

from tests.support.commands import OPEN_GATE, TINY, Finished, train
from tests.support.passed_run import OTHER_STAGE_2
from tests.support.processes import free_port

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

# A name of its own: the models that other files register are no champions here.
REQUIRED = (*TINY, *OPEN_GATE, "--gate.champion.comparison", "require", "--registry.name", "held-against-another")


@pytest.fixture(scope="module")
def alone(first: Finished, home: Path) -> Finished:
    """The first model, trained already, and registered before there is another."""
    assert first.exit_code == 0
    finished = train(home, *REQUIRED)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


@pytest.fixture(scope="module")
def second(alone: Finished, changed: Finished, home: Path) -> Finished:
    """Another model, trained already, that is held against the first."""
    assert (alone.exit_code, changed.exit_code) == (0, 0)
    return train(home, *REQUIRED, *OTHER_STAGE_2)


def criteria(finished: Finished) -> set[str]:
    return {criterion["name"] for criterion in finished.summary["criteria"]}


def test_the_first_model_has_nobody_to_be_held_against(alone: Finished) -> None:
    assert alone.summary["champion"]["status"] == "no_champion"
    assert alone.summary["model"]["aliases"] == ["champion"]
    assert not criteria(alone) & {"improvement", "non_inferior_sensitivity", "champion"}
    assert "No other model is registered" in alone.summary["champion"]["reason"]
    assert "Against the champion" not in Path(alone.summary["report"]).read_text()


def test_the_second_model_is_held_against_the_first_and_replaces_it_only_where_it_is_better(second: Finished) -> None:
    compared = second.summary["champion"]
    assert (compared["status"], compared["version"], compared["seen_images"]) == ("compared", 1, 0)
    assert compared["candidates"] == 2
    assert sum(compared["ledger"][name] for name in ("wins", "ties", "regressions")) == len(compared["differences"])
    by_title = {(each["name"], each["scope"]): each for each in compared["differences"]}
    for name in ("accuracy", "balanced_accuracy"):
        own = second.summary["metrics"][name]["value"]
        assert by_title[name, "overall"]["challenger"] == pytest.approx(own)
        assert by_title[name, "overall"]["difference"]["value"] == pytest.approx(
            own - by_title[name, "overall"]["champion"]
        )
    assert criteria(second) >= {"improvement", "non_inferior_sensitivity"}
    better = second.summary["verdict"] == "PASS"
    assert second.exit_code == (0 if better else 3), second.errors[-3000:]
    assert better == (second.summary["model"]["version"] == 2)
    assert "Against the champion" in Path(second.summary["report"]).read_text()


def test_the_champion_answers_in_the_comparison_as_it_did_in_its_own_run(alone: Finished, second: Finished) -> None:
    for each in second.summary["champion"]["differences"]:
        if each["name"] == "auroc":
            continue
        told = alone.summary["metrics"][each["name"]]
        value = told["value"] if each["scope"] == "overall" else told[each["scope"]]["value"]
        assert each["champion"] == pytest.approx(value)


def test_the_champions_own_run_again_runs_nothing_and_registers_nothing(alone: Finished, home: Path) -> None:
    again = train(home, *REQUIRED)
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.rerun() == set()
    for key in ("verdict", "criteria", "model", "champion"):
        assert again.summary[key] == alone.summary[key]


@pytest.mark.proof
def test_what_is_only_shown_decides_nothing(second: Finished, home: Path) -> None:
    shown = train(home, *REQUIRED, *OTHER_STAGE_2, "--gate.champion.comparison", "show")
    assert shown.exit_code == 0, shown.errors[-3000:]
    assert shown.summary["champion"]["differences"] == second.summary["champion"]["differences"]
    assert not criteria(shown) & {"improvement", "non_inferior_sensitivity", "champion"}
    assert (shown.summary["model"]["version"], shown.summary["model"]["aliases"]) == (2, ["champion"])
    assert "evaluate_model" not in shown.rerun()


@pytest.mark.proof
def test_a_registry_that_is_away_is_told_before_anything_runs(tmp_path: Path) -> None:
    away = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    finished = train(tmp_path, *REQUIRED, **away)
    assert finished.exit_code == 1
    assert "gate.champion.comparison: off" in finished.errors
    assert "has started" not in finished.output + finished.errors
    assert "Traceback" not in finished.errors

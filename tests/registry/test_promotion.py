import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from medimage.errors import GateNotPassedError, RegistryError
from medimage.registry import promotion, rollback
from medimage.registry.champion_change import Action, Author
from medimage.registry.champion_history import read_history
from medimage.registry.find_models import find_version_called
from medimage.registry.promotion import ChangedChampion, promote_version
from medimage.registry.rollback import roll_back
from tests.support.registered import NAME, aliases, register_brightness

ANNA = Author(by="anna")
FORCED = Author(by="anna", reason="the clinic needs it", force=True)


def promote(called: str, author: Author = ANNA) -> ChangedChampion:
    return promote_version(find_version_called(f"{NAME}{called}"), author=author)


def history() -> list[tuple[str, int | None, int, str]]:
    return [
        (each.action.value, each.before, each.after, each.by) for each in read_history(MlflowClient(), NAME).changes
    ]


@pytest.fixture
def champion_and_challenger(database: Path) -> Path:
    register_brightness(1)
    register_brightness(2, alias="challenger", compared_with=1)
    return database


@pytest.mark.usefixtures("champion_and_challenger")
def test_a_challenger_becomes_the_champion_and_the_one_before_the_previous_one() -> None:
    changed = promote("@challenger")
    assert (changed.champion, changed.previous, changed.overruled) == (2, 1, ())
    assert aliases() == {"champion": 2, "previous": 1}
    assert history() == [("registered", None, 1, "run run-1"), ("promoted", 1, 2, "anna")]


@pytest.mark.usefixtures("champion_and_challenger")
def test_promoting_the_champion_changes_nothing() -> None:
    before = MlflowClient().get_registered_model(NAME)
    changed = promote("@champion", FORCED)
    assert (changed.champion, changed.change) == (1, None)
    after = MlflowClient().get_registered_model(NAME)
    assert (after.aliases, after.tags) == (before.aliases, before.tags)


@pytest.mark.usefixtures("champion_and_challenger")
def test_promoting_another_version_leaves_the_challenger() -> None:
    register_brightness(3, alias="challenger", compared_with=1)
    promote("/2")
    assert aliases() == {"champion": 2, "previous": 1, "challenger": 3}


@pytest.mark.usefixtures("champion_and_challenger")
@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE"])
def test_a_verdict_that_only_the_tag_or_only_the_card_says_is_refused(
    verdict: str, champion_and_challenger: Path
) -> None:
    MlflowClient().set_model_version_tag(NAME, "2", "gate_verdict", verdict)
    with pytest.raises(GateNotPassedError, match=f"says {verdict} and its stored card says PASS"):
        promote("/2")
    for card in champion_and_challenger.parent.rglob("card.json"):
        values = json.loads(card.read_text())
        values["gate"]["verdict"] = verdict
        card.write_text(json.dumps(values))
    with pytest.raises(GateNotPassedError, match=f"did not pass the medical validation gate .{verdict}."):
        promote("/2")
    MlflowClient().set_model_version_tag(NAME, "2", "gate_verdict", "PASS")
    with pytest.raises(GateNotPassedError, match=f"says PASS and its stored card says {verdict}"):
        promote("/2")
    assert aliases() == {"champion": 1, "challenger": 2}
    assert len(history()) == 1


@pytest.mark.usefixtures("database")
def test_a_version_that_was_held_against_another_champion_is_refused() -> None:
    register_brightness(1)
    register_brightness(2, alias="challenger", compared_with=1)
    register_brightness(3)
    with pytest.raises(RegistryError, match=r"held against version 1 and not against version 3.*--force") as refused:
        promote("@challenger")
    assert refused.value.exit_code == 1
    assert aliases() == {"champion": 3, "previous": 1, "challenger": 2}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("comparison", ["show", "off"])
def test_where_no_comparison_was_required_none_is_asked_for(comparison: str) -> None:
    register_brightness(1)
    register_brightness(2, alias="challenger", comparison=comparison)
    assert promote("@challenger").champion == 2


@pytest.mark.usefixtures("database")
def test_an_ensemble_that_was_compared_with_nobody_replaces_no_champion_unless_forced() -> None:
    register_brightness(1)
    register_brightness(2, alias="challenger")
    with pytest.raises(RegistryError, match="held against no champion and not against version 1"):
        promote("@challenger")
    promote("@challenger", FORCED)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_without_a_champion_there_is_nothing_to_be_compared_with() -> None:
    register_brightness(2, alias="challenger")
    assert promote("@challenger").previous is None
    assert aliases() == {"champion": 1}


@pytest.mark.usefixtures("champion_and_challenger")
def test_a_forced_promotion_keeps_who_and_why_with_the_version_and_in_the_history() -> None:
    client = MlflowClient()
    client.set_model_version_tag(NAME, "2", "gate_verdict", "FAIL")
    changed = promote("@challenger", FORCED)
    assert "says FAIL and its stored card says PASS" in changed.overruled[0]
    tags = client.get_model_version(NAME, "2").tags
    assert (tags["forced_by"], tags["forced_because"]) == ("anna", "the clinic needs it")
    last = read_history(client, NAME).changes[-1]
    assert (last.forced, last.by, last.reason, last.before, last.after) == (True, "anna", "the clinic needs it", 1, 2)
    assert tags[last.key] == last.to_json()


@pytest.mark.usefixtures("champion_and_challenger")
def test_force_where_nothing_speaks_against_it_is_no_forced_promotion() -> None:
    assert promote("@challenger", FORCED).overruled == ()
    assert not read_history(MlflowClient(), NAME).changes[-1].forced
    assert "forced_by" not in MlflowClient().get_model_version(NAME, "2").tags


def test_a_graph_that_is_not_the_registered_one_is_refused_even_by_force(champion_and_challenger: Path) -> None:
    for graph in champion_and_challenger.parent.rglob("model.onnx"):
        graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(RegistryError, match="changed or damaged"):
        promote("@challenger", FORCED)
    promote("@champion")
    assert aliases() == {"champion": 1, "challenger": 2}


@pytest.mark.usefixtures("champion_and_challenger")
def test_failure_while_promoting_leaves_every_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MlflowException("the server is on fire")

    with monkeypatch.context() as failing:
        failing.setattr(MlflowClient, "delete_registered_model_alias", refuse)
        with pytest.raises(RegistryError, match="on fire"):
            promote("@challenger")
    assert aliases()["champion"] == 1


@pytest.mark.usefixtures("database")
def test_rollbacks_go_back_one_version_each_and_never_forth_again() -> None:
    for slope in (1, 2, 3):
        register_brightness(slope)
    assert (roll_back(NAME, author=ANNA).champion, aliases()) == (2, {"champion": 2, "previous": 1})
    assert (roll_back(NAME, author=ANNA).champion, aliases()) == (1, {"champion": 1})
    with pytest.raises(RegistryError, match="Expected a champion before version 1"):
        roll_back(NAME, author=ANNA)
    assert history()[-2:] == [("rolled back", 3, 2, "anna"), ("rolled back", 2, 1, "anna")]


@pytest.mark.usefixtures("database")
def test_what_was_rolled_back_can_be_promoted_and_rolled_back_again() -> None:
    register_brightness(1)
    register_brightness(2, compared_with=1)
    roll_back(NAME, author=ANNA)
    assert promote("/2").previous == 1
    assert (roll_back(NAME, author=ANNA).champion, aliases()) == (1, {"champion": 1})


@pytest.mark.usefixtures("database")
def test_a_run_does_not_bring_back_what_a_person_rolled_back() -> None:
    register_brightness(1)
    register_brightness(2)
    roll_back(NAME, author=ANNA)
    assert register_brightness(2) == 2
    assert aliases() == {"champion": 1}
    promote("/2", FORCED)
    assert register_brightness(2) == 2
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_a_rollback_passes_over_a_version_that_was_deleted() -> None:
    for slope in (1, 2, 3):
        register_brightness(slope)
    MlflowClient().delete_model_version(NAME, "2")
    assert (roll_back(NAME, author=ANNA).champion, aliases()) == (1, {"champion": 1})


def test_a_rollback_to_a_damaged_graph_is_refused(database: Path) -> None:
    register_brightness(1)
    register_brightness(2)
    for graph in database.parent.rglob("model.onnx"):
        graph.write_bytes(b"damaged")
    with pytest.raises(RegistryError, match="changed or damaged"):
        roll_back(NAME, author=ANNA)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_without_a_champion_nothing_is_rolled_back() -> None:
    register_brightness(1, alias="challenger")
    with pytest.raises(RegistryError, match="but it has none"):
        roll_back(NAME, author=ANNA)


@contextmanager
def killed_at_write(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends the block before it writes so many times to the registry; nothing is taken back, as after a kill."""
    writes = count()

    def patched(real: Callable[..., None]) -> Callable[..., None]:
        def write(*arguments: object, **options: object) -> None:
            if next(writes) == number:
                raise KeyboardInterrupt
            real(*arguments, **options)

        return write

    with monkeypatch.context() as killing:
        for name in (
            *("set_registered_model_tag", "set_model_version_tag"),
            *("set_registered_model_alias", "delete_registered_model_alias"),
        ):
            killing.setattr(MlflowClient, name, patched(getattr(MlflowClient, name)))
        for module in (promotion, rollback):
            killing.setattr(module, "aliases_restored_on_failure", lambda *_, **__: nullcontext())
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.usefixtures("champion_and_challenger")
@pytest.mark.parametrize("write", range(6))
def test_a_promotion_that_was_killed_can_be_rolled_back_and_repeated(
    write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_brightness(5)
    with killed_at_write(write, monkeypatch):
        promote("/2", FORCED)
    assert aliases()["champion"] == 3
    assert roll_back(NAME, author=ANNA).champion == 1
    promote("/3", FORCED)
    promote("/2", FORCED)
    assert aliases() == {"champion": 2, "previous": 3}


@pytest.mark.usefixtures("champion_and_challenger")
def test_a_promotion_that_was_killed_at_its_end_is_finished_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with killed_at_write(4, monkeypatch):
        promote("@challenger")
    assert aliases() == {"champion": 2, "previous": 1, "challenger": 2}
    assert promote("@challenger").change is None
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("write", range(4))
def test_a_rollback_that_was_killed_and_is_asked_for_again_goes_back_once(
    write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slope in (1, 2, 3):
        register_brightness(slope)
    with killed_at_write(write, monkeypatch):
        roll_back(NAME, author=ANNA)
    assert roll_back(NAME, author=ANNA).champion == 2
    assert aliases() == {"champion": 2, "previous": 1}
    assert roll_back(NAME, author=ANNA).champion == 1
    assert aliases() == {"champion": 1}


@pytest.mark.usefixtures("champion_and_challenger")
def test_actions_are_told_by_what_was_done() -> None:
    promote("@challenger")
    roll_back(NAME, author=ANNA)
    assert [each.action for each in read_history(MlflowClient(), NAME).changes] == [
        Action.REGISTERED, Action.PROMOTED, Action.ROLLED_BACK,
    ]  # fmt: skip


@pytest.mark.usefixtures("database")
def test_a_challenger_that_is_not_shown_to_be_better_needs_a_person_with_a_reason() -> None:
    register_brightness(1)
    register_brightness(2, alias="challenger", compared_with=1, not_better="one more case in ten is missed")
    with pytest.raises(RegistryError, match="not shown to be better than version 1: one more case in ten is missed"):
        promote("@challenger")
    assert aliases() == {"champion": 1, "challenger": 2}
    assert promote("@challenger", FORCED).overruled
    assert aliases()["champion"] == 2

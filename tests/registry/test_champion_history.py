import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient

from medimage.errors import ConfigurationError
from medimage.registry.champion_change import KEY_PREFIX, Action, Author, ChampionChange
from medimage.registry.champion_history import ChampionHistory, read_history, record_change

NAME = "lung"


def change(number: int, *, action: Action, before: int | None, after: int, follows: str = "") -> ChampionChange:
    return ChampionChange(
        time=f"2026-01-01T00:00:00.{number:06d}+00:00", action=action, by="anna", before=before, after=after,
        forced=False, reason="", follows=follows,
    )  # fmt: skip


def tags_of(changes: list[ChampionChange]) -> dict[str, str]:
    return {each.key: each.to_json() for each in changes}


def chain(*moves: tuple[Action, int | None, int]) -> list[ChampionChange]:
    changes: list[ChampionChange] = []
    for number, (action, before, after) in enumerate(moves):
        follows = changes[-1].key if changes else ""
        changes.append(change(number, action=action, before=before, after=after, follows=follows))
    return changes


@given(st.lists(st.one_of(st.integers(1, 5), st.none()), max_size=30))
def test_a_rollback_goes_down_a_stack_to_which_promotions_add(moves: list[int | None]) -> None:
    stack: list[int] = []
    made: list[tuple[Action, int | None, int]] = []
    for version in moves:
        if version is None:
            if len(stack) < 2:
                continue
            left = stack.pop()
            made.append((Action.ROLLED_BACK, left, stack[-1]))
        elif not stack or stack[-1] != version:
            made.append((Action.PROMOTED, stack[-1] if stack else None, version))
            stack.append(version)
    history = ChampionHistory.of(tags_of(chain(*made)))
    assert history.problems == ()
    if stack:
        assert history.champions_before(stack[-1]) == tuple(reversed(stack[:-1]))


def test_a_promotion_that_was_cut_off_is_no_champion_before() -> None:
    cut_off = chain((Action.REGISTERED, None, 1), (Action.PROMOTED, 1, 2), (Action.PROMOTED, 1, 3))
    assert ChampionHistory.of(tags_of(cut_off)).champions_before(3) == (1,)


def test_a_champion_that_came_by_other_means_counts_as_one_before() -> None:
    changes = chain((Action.REGISTERED, None, 1), (Action.PROMOTED, 4, 5))
    assert ChampionHistory.of(tags_of(changes)).champions_before(5) == (4,)


def test_only_a_version_that_did_not_come_back_counts_as_rolled_back() -> None:
    moves = [(Action.REGISTERED, None, 1), (Action.PROMOTED, 1, 2), (Action.ROLLED_BACK, 2, 1)]
    rolled_back = ChampionHistory.of(tags_of(chain(*moves)))
    assert rolled_back.was_rolled_back(2)
    assert not rolled_back.was_rolled_back(1)
    assert not ChampionHistory.of(tags_of(chain(*moves, (Action.PROMOTED, 1, 2)))).was_rolled_back(2)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_record_that_was_altered_or_removed_is_noticed(number: int) -> None:
    changes = chain((Action.REGISTERED, None, 1), (Action.PROMOTED, 1, 2), (Action.ROLLED_BACK, 2, 1))
    kept = tags_of(changes)
    beside = [tags_of([each]) for each in changes]
    assert ChampionHistory.of(kept, version_tags=beside).problems == ()
    key = changes[number].key
    altered = kept | {key: dataclasses.replace(changes[number], by="nobody").to_json()}
    told = "the history of the champion is not as it was written"
    assert f"{told}: 1 record changed" in ChampionHistory.of(altered).problems
    assert ChampionHistory.of(kept | {key: "{"}).problems
    del kept[key]
    assert ChampionHistory.of(kept, version_tags=beside).problems == (f"{told}: 1 record removed",)


@pytest.mark.usefixtures("database")
def test_records_are_appended_to_the_model_and_the_version_in_the_order_of_their_making() -> None:
    client = MlflowClient()
    client.create_registered_model(NAME, tags={"other": "tag"})
    for _ in range(2):
        client.create_model_version(NAME, source="file:///nowhere")
    for before, after in ((None, 1), (1, 2)):
        author = Author(by="Ünal", reason='better on "clinic 2"')
        record_change(client, NAME, action=Action.PROMOTED, author=author, before=before, after=after, forced=False)
    history = read_history(client, NAME)
    assert history.problems == ()
    assert [(each.before, each.after, each.by, each.reason) for each in history.changes] == [
        (None, 1, "Ünal", 'better on "clinic 2"'),
        (1, 2, "Ünal", 'better on "clinic 2"'),
    ]
    first, second = (
        {key for key in client.get_model_version(NAME, number).tags if key.startswith(KEY_PREFIX)} for number in "12"
    )
    assert (first, second) == ({history.changes[0].key}, {history.changes[1].key})


@pytest.mark.usefixtures("database")
def test_a_clock_that_goes_back_keeps_the_order() -> None:
    client = MlflowClient()
    client.create_registered_model(NAME)
    client.create_model_version(NAME, source="file:///nowhere")
    late = dataclasses.replace(
        change(0, action=Action.REGISTERED, before=None, after=1), time="2999-01-01T00:00:00+00:00"
    )
    client.set_registered_model_tag(NAME, late.key, late.to_json())
    author = Author(by="anna")
    record_change(client, NAME, action=Action.PROMOTED, author=author, before=1, after=1, forced=False)
    assert [each.by for each in read_history(client, NAME).changes] == ["anna", "anna"]
    assert read_history(client, NAME).changes[0] == late


def test_the_longest_reason_fits_into_a_tag_and_a_longer_one_is_refused() -> None:
    author = Author(by="\\" * 100, reason="\\" * 500, force=True)
    forced = dataclasses.replace(
        change(0, action=Action.PROMOTED, before=1, after=2), by=author.by, reason=author.reason, forced=True
    )
    assert len(forced.to_json()) < 5000
    assert ChampionChange.from_json(json.dumps(json.loads(forced.to_json()))) == forced
    with pytest.raises(ConfigurationError, match="--reason: expected at most 500"):
        Author(by="anna", reason="x" * 501)


@pytest.mark.parametrize(("by", "reason"), [("anna", ""), ("", "it is better"), (" ", " ")])
def test_force_needs_a_name_and_a_reason(by: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match="--force needs --reason TEXT and --by NAME"):
        Author(by=by, reason=reason, force=True)

import datetime

from hypothesis import given
from hypothesis import strategies as st

from medimage.scheduling.turn import take_turn

NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20, unique=True), st.integers(0, 10_000))
def test_every_time_is_run_or_told_and_the_last_one_runs_unless_it_is_too_late(ages: list[int], grace: int) -> None:
    due = [NOW - datetime.timedelta(minutes=age) for age in sorted(ages, reverse=True)]
    turn = take_turn(due, now=NOW, grace=datetime.timedelta(minutes=grace))
    assert [*turn.missed, *([turn.run] if turn.run else [])] == due
    assert (turn.run is not None) == (min(ages) <= grace)

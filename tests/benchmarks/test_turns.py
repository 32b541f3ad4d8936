from benchmarks.support.turns import in_turns


def test_both_sides_are_measured_in_every_round_and_begin_in_every_second_one() -> None:
    called: list[str] = []

    def side(name: str, number: int) -> float:
        called.append(f"{name}{number}")
        return number + (0.5 if name == "b" else 0.0)

    measured = in_turns(lambda number: side("a", number), lambda number: side("b", number), rounds=3, warm_up=1)
    assert called == ["a0", "b0", "b1", "a1", "a2", "b2", "b3", "a3"]
    assert measured == [(1, 1.5), (2, 2.5), (3, 3.5)]

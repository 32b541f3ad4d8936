"""Two sides of a comparison, measured in turns."""

from collections.abc import Callable


def in_turns(
    first: Callable[[int], float], second: Callable[[int], float], *, rounds: int, warm_up: int = 0
) -> list[tuple[float, float]]:
    """Measures both sides once in every round.

    The side that begins changes from round to round, so that a machine that warms up or slows down favours neither.

    Args:
        first: Measures one side, given the number of the round, from 0.
        second: Measures the other one.
        rounds: Rounds that count.
        warm_up: Rounds before them, which do not.

    Returns:
        What the first and the second side gave in each round that counts.
    """
    measured = []
    for number in range(warm_up + rounds):
        if number % 2:
            of_second = second(number)
            of_first = first(number)
        else:
            of_first = first(number)
            of_second = second(number)
        if number >= warm_up:
            measured.append((of_first, of_second))
    return measured

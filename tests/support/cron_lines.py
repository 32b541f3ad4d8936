"""Cron expressions of every form that all implementations read alike."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy


@st.composite
def _field(draw: DrawFn, *, first: int, last: int, with_steps: bool = True) -> str:
    kind = draw(st.sampled_from(["*", "*", "one", "list", "range"] + ["step", "range step"] * with_steps))
    if kind == "*":
        return "*"
    if kind == "step":
        return f"*/{draw(st.integers(1, last - first))}"
    values = st.integers(first, last)
    if kind == "one":
        return str(draw(values))
    if kind == "list":
        return ",".join(map(str, draw(st.lists(values, min_size=1, max_size=4))))
    # croniter takes a range of one value, such as 5-5, for the whole circle.
    low = draw(st.integers(first, last - 1))
    high = draw(st.integers(low + 1, last))
    return f"{low}-{high}" + (f"/{draw(st.integers(1, 5))}" if kind == "range step" else "")


@st.composite
def cron_lines(draw: DrawFn, *, hours: SearchStrategy[str] | None = None) -> str:
    """Draws expressions that come on some date.

    The day fields have no `*/n`: whether that counts as open, implementations disagree.
    """
    minute = draw(_field(first=0, last=59))
    hour = draw(hours if hours is not None else _field(first=0, last=23))
    day = draw(_field(first=1, last=28, with_steps=False))
    return f"{minute} {hour} {day} {draw(_field(first=1, last=12))} {draw(_field(first=0, last=6, with_steps=False))}"

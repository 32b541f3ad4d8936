"""Tables in Markdown whose columns hold, whatever stands in their cells."""

from collections.abc import Collection, Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = ()) -> list[str]:
    """Returns the lines of a table in the pipe syntax of GitHub Flavored Markdown, without a line after them.

    Args:
        header: Titles of the columns.
        rows: Cells; a pipe in one, as in the name of a class, and a line break end no cell.
        numbers: Titles of the columns that are aligned to the right.
    """
    return [
        f"| {' | '.join(header)} |",
        f"|{''.join('---:|' if title in numbers else '---|' for title in header)}",
        *(f"| {' | '.join(_cell(text) for text in row)} |" for row in rows),
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

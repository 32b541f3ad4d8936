"""The reference of the exit codes, from the names and words that the code has for them."""

import ast
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from medimage import exit_codes

_INTRODUCTION = """# Exit codes

What a command ends with, for scripts and schedules to rely on. 0 needs nobody; 3 needs somebody to look.

| code | name in `medimage.exit_codes` | meaning |
|---|---|---|
"""


def exit_codes_page() -> str:
    """Writes the page in Markdown."""
    rows = [f"| {code} | `{name}` | {meaning} |" for code, named in sorted(_codes().items()) for name, meaning in named]
    return _INTRODUCTION + "\n".join(rows) + "\n"


def _codes() -> dict[int, list[tuple[str, str]]]:
    """Returns the names of each code with what stands below them in the code."""
    body = ast.parse(Path(exit_codes.__file__).read_text(encoding="utf-8")).body
    codes: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int(code))),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                codes[code].append((name, " ".join(meaning.split())))
    return codes

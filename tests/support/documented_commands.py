"""The commands of the README and the documentation, as a reader would type them."""

import re
from dataclasses import dataclass
from functools import cache

from tests.conftest import PROJECT

_BLOCK = re.compile(r"^(?P<indent> *)```bash(?P<about>[^\n]*)\n(?P<text>.*?)^ *```", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r'title="(Needs [^"]+)"')


@dataclass(frozen=True, kw_only=True)
class DocumentedCommand:
    """A command.

    Attributes:
        page: File that it stands in, from the project's folder.
        text: The command in one line, with continued lines joined and without what follows a `#`.
        needs: What the block says that it needs, such as `Needs a cluster`; empty where a test runs it.
    """

    page: str
    text: str
    needs: str


@cache
def documented_commands() -> tuple[DocumentedCommand, ...]:
    """Returns the commands of all blocks marked as bash, page by page and from top to bottom."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    return tuple(
        command
        for page in pages
        for command in commands_in(page.read_text(encoding="utf-8"), page=page.relative_to(PROJECT).as_posix())
    )


def commands_in(text: str, *, page: str) -> list[DocumentedCommand]:
    """Returns the commands of a text in Markdown."""
    found = []
    for block in _BLOCK.finditer(text):
        titled = _NEEDS.search(block["about"])
        needs = titled[1] if titled else ""
        for line in block["text"].replace("\\\n", " ").splitlines():
            command = " ".join(re.sub(r"\s#\s.*$", "", line).split())
            if command:
                found.append(DocumentedCommand(page=page, text=command, needs=needs))
    return found


def commands_of(page: str) -> list[str]:
    """Returns the commands of one page that are to be run, from top to bottom."""
    return [command.text for command in documented_commands() if command.page == page and not command.needs]

from html.parser import HTMLParser

import pytest

from medimage.config.shortcuts import ShortcutConfig
from medimage.evaluation.report.report_shortcuts import render_shortcuts
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.shortcuts.sentences import explanations, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows
from tests.support.shortcuts import data_of, shortcut_audit, textures


class _Cells(HTMLParser):
    """Collects the text of cells and of list items."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "img" or dict(attrs)["alt"]
        if tag in ("td", "th"):
            self.cells.append("")
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


@pytest.mark.parametrize("audit", [shortcut_audit(), shortcut_audit(confounded=True)], ids=["clean", "confounded"])
def test_every_figure_has_a_row_and_every_sentence_is_shown(audit: ShortcutAudit) -> None:
    html = str(render_shortcuts(audit))
    page = _Cells(html)
    assert page.open == []
    rows = [[row.what, row.value, row.interval, row.chance, row.meaning] for row in table_rows(audit)]
    assert page.cells[5:] == [cell for row in rows for cell in row]
    shown = html.replace("&#39;", "'")
    assert all(sentence in shown for sentence in (*warnings(audit), *explanations(audit)))
    assert 'src="data:image/png;base64,' in html


def test_what_could_not_be_computed_has_a_reason_and_no_number() -> None:
    rows = {row.what: row for row in table_rows(shortcut_audit())}
    row = rows["class and origin, Cramér's V"]
    assert (row.value, row.interval, row.chance) == ("not computed", "", "")
    assert row.meaning == "no origin is known: the data name none"
    assert "nan" not in str(render_shortcuts(shortcut_audit()))


def test_names_of_origins_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    data = data_of(
        textures(60, seed=0, size=20), ["ill", "well"] * 30, [f"p{n}" for n in range(60)], [evil, "south"] * 30
    )
    html = str(render_shortcuts(audit_shortcuts(*data, ShortcutConfig(), seed=0)))
    assert evil not in html
    assert "&lt;script&gt;" in html

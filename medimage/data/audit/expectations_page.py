"""Great Expectations' own pages, made safe and readable without the web.

Its renderer writes values into the page as they are, so that a file's name could become markup, and loads styles and
scripts from the web. Here values are escaped before it sees them, only tags that hold text are kept of what it gives,
and a few styles of our own stand in for the rest.
"""

import html
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

_KEPT_TAGS = frozenset(
    {"div", "p", "span", "strong", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li"}
)
_DROPPED_WITH_CONTENT = frozenset({"head", "style", "script", "nav", "footer", "button", "label", "form", "svg"})
_DROPPED_CLASSES = frozenset({"collapse", "modal", "sticky", "ge-walkthrough-modal", "col-lg-2"})
"""Parts of the page that only its scripts bring to life: menus, filters, a guided tour, folded details."""

_LEFT_OUT_LINK = "Show more info..."
_KEPT_CLASSES = frozenset({"badge", "text-danger", "text-success"})
_SIGNS = {"fa-check-circle": "met", "fa-times": "not met", "fa-exclamation-triangle": "raised an error"}
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

_STYLE = """
:root { color-scheme: light dark; --ink:#1c2127; --soft:#57606a; --page:#fff; --line:#dde2e7; --bad:#a03c00; --good:#0a6b50; --mark:#eef1f4; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6e9ec; --soft:#9da7b1; --page:#14181c; --line:#323a43; --bad:#ff9d66; --good:#5fd4ae; --mark:#262d34; } }
body { margin:0 auto; max-width:62rem; padding:1.2rem; background:var(--page); color:var(--ink); font:16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size:1.4rem; } h2 { font-size:1.15rem; margin:2rem 0 .4rem; border-bottom:2px solid var(--line); } h5 { font-size:1rem; margin:1rem 0 .3rem; } h6 { font-size:.9rem; color:var(--soft); margin:.4rem 0 .2rem; }
table { border-collapse:collapse; width:100%; font-size:.92rem; } th, td { text-align:left; vertical-align:top; padding:.35rem .7rem .35rem 0; border-bottom:1px solid var(--line); overflow-wrap:anywhere; }
th { color:var(--soft); font-size:.85rem; } td table { margin:.5rem 0; width:auto; font-size:.85rem; }
th:first-child, td:first-child { white-space:nowrap; } td td:first-child { white-space:normal; }
.badge { background:var(--mark); border-radius:.3rem; padding:0 .35rem; } .text-danger { color:var(--bad); } .text-success { color:var(--good); } .soft { color:var(--soft); }
@media print { tr { break-inside:avoid; } }
"""  # noqa: E501


def data_docs_page(results: Mapping[str, Any]) -> str:
    """Renders the validation of every table, one below the other.

    Args:
        results: Name of a table → its `ExpectationSuiteValidationResult`.

    Returns:
        One HTML page without scripts and without any request, whatever the data hold.
    """
    sections = "".join(
        f"<h2>{html.escape(f'Expectations on {_words(name)}')}</h2>{_body(result)}" for name, result in results.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Great Expectations: image records</title><style>{_STYLE}</style></head>"
        '<body><h1>Great Expectations: image records</h1><p class="soft">The page of Great Expectations on its '
        f"validation, without its menus.</p>{sections}</body></html>\n"
    )


def _words(table: str) -> str:
    return {"origin": "origins of images", "label": "intensities of classes", "given_split": "given parts"}.get(
        table, table
    )


def _body(result: Any) -> str:
    from great_expectations.core import expectationSuiteValidationResultSchema  # noqa: PLC0415
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer  # noqa: PLC0415
    from great_expectations.render.view.view import DefaultJinjaPageView  # noqa: PLC0415

    safe: Any = expectationSuiteValidationResultSchema.load(_escaped(result.to_json_dict()))
    page = _Extract(DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(safe)))
    return page.text


def _escaped(value: Any) -> Any:
    """Escapes every text for HTML, and the dollar sign, which the renderer takes for the start of a parameter."""
    if isinstance(value, str):
        return html.escape(value).replace("$", "&#36;")
    if isinstance(value, Mapping):
        return {name: _escaped(item) for name, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


class _Extract(HTMLParser):
    """Keeps text and the tags that order it, and nothing that acts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._open: list[tuple[str, bool]] = []
        """Open tags, each with whether its content is dropped."""
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        """What was kept."""
        return "".join(self._parts)

    @property
    def _dropping(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag in _VOID:
            if tag == "br" and not self._dropping:
                self._parts.append("<br>")
            return
        dropped = self._dropping or tag in _DROPPED_WITH_CONTENT or bool(classes & _DROPPED_CLASSES)
        self._open.append((tag, dropped))
        if dropped:
            return
        sign = next((words for name, words in _SIGNS.items() if name in classes), None)
        if sign:
            kind = "text-success" if sign == "met" else "text-danger"
            self._parts.append(f'<span class="{kind}">{sign}</span>')
        if tag in _KEPT_TAGS:
            kept = " ".join(sorted(classes & _KEPT_CLASSES))
            self._parts.append(f'<{tag} class="{kept}">' if kept else f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in [name for name, _ in self._open]:
            return
        while self._open:
            name, dropped = self._open.pop()
            if not dropped and name in _KEPT_TAGS:
                self._parts.append(f"</{name}>")
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._dropping and data.strip() != _LEFT_OUT_LINK:
            self._parts.append(html.escape(data) if data.strip() else " ")

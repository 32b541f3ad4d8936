"""The front page, put together from its parts."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from medimage.serving.notice import NOTICE

_FOLDER = Path(__file__).parent

_STYLE = "page.css"

_SCRIPTS = (
    "elements.js",
    "service.js",
    "card.js",
    "heat_map.js",
    "picture.js",
    "answer.js",
    "feedback.js",
    "images.js",
    "page.js",
)
"""In the order in which they need each other."""


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """The page as it is sent.

    Attributes:
        text: HTML with its style and script in it.
        content_security_policy: Allows that style and script, and nothing of another origin.
    """

    text: str
    content_security_policy: str


@cache
def front_page() -> FrontPage:
    """Returns the page. It is one answer, so that a browser never has the parts of two versions."""
    style = _read(_STYLE)
    script = "\n".join(map(_read, _SCRIPTS))
    text = _read("page.html")
    for name, content in (("style", style), ("script", script), ("notice", escape(NOTICE))):
        text = text.replace(f"{{{{ {name} }}}}", content)
    # Nothing may be loaded from or sent to another host: the page handles medical images. `blob:` is the pictures.
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src blob: data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return FrontPage(text=text, content_security_policy=policy)


def _read(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

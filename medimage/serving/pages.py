"""What a person sees in a browser: a page to try the model, its card, and the description of the interface."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

_FOLDER = Path(__file__).parent

# Nothing may be loaded from or sent to another host: the page handles medical images. `blob:` is the preview.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _page(file: str) -> HTMLResponse:
    return HTMLResponse((_FOLDER / file).read_text(encoding="utf-8"), headers=_HEADERS)


async def _front_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    return _page("front_page.html")


async def _interface_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    # BentoML's own page of this kind loads a tracker from another host.
    return _page("interface_page.html")


async def _card(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.card)


pages = Starlette(routes=[Route("/", _front_page), Route("/docs", _interface_page), Route("/card", _card)])
"""The pages as an application to mount; `pages.state.card` is set when the service starts."""

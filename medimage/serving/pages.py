"""What can be read of the service: a page to try the model, its card, how it is, and what its interface is."""

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

_HEADERS = {"Content-Security-Policy": _CONTENT_SECURITY_POLICY}


def _page(file: str) -> HTMLResponse:
    return HTMLResponse((_FOLDER / file).read_text(encoding="utf-8"), headers=_HEADERS)


async def _front_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    return _page("front_page.html")


async def _interface_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    # BentoML's own page of this kind loads a tracker from another host.
    return _page("interface_page.html")


async def _card(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.card)


async def _interface(request: Request) -> JSONResponse:
    # In place of BentoML's own description, which knows neither the refusals nor the pages.
    return JSONResponse(request.app.state.interface)


async def _health(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.health().model_dump(mode="json"))


pages = Starlette(
    routes=[
        Route("/", _front_page),
        Route("/docs", _interface_page),
        Route("/docs.json", _interface),
        Route("/card", _card),
        Route("/health", _health),
    ]
)
"""The pages as an application to mount. `pages.state` is set when the service starts: `card`, `interface`, and
`health`, which gives a `Health` each time that it is called."""

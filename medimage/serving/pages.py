"""What can be read of the service: a page to try the model, its card, how it is, and what its interface is."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from medimage.serving.front_page.front_page import front_page
from medimage.serving.routes import FEEDBACK

_INTERFACE_PAGE = Path(__file__).parent / "interface_page.html"

# The viewer brings files of its own, and sets styles in the markup.
_INTERFACE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


async def _front_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    page = front_page()
    return HTMLResponse(page.text, headers={"Content-Security-Policy": page.content_security_policy})


async def _interface_page(request: Request) -> HTMLResponse:  # noqa: ARG001
    # BentoML's own page of this kind loads a tracker from another host.
    text = _INTERFACE_PAGE.read_text(encoding="utf-8")
    return HTMLResponse(text, headers={"Content-Security-Policy": _INTERFACE_POLICY})


async def _card(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.card)


async def _interface(request: Request) -> JSONResponse:
    # In place of BentoML's own description, which knows neither the refusals nor the pages.
    return JSONResponse(request.app.state.interface)


async def _health(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.health().model_dump(mode="json"))


async def _feedback(request: Request) -> Response:
    return await request.app.state.feedback.answer(request)


pages = Starlette(
    routes=[
        Route("/", _front_page),
        Route("/docs", _interface_page),
        Route("/docs.json", _interface),
        Route("/card", _card),
        Route("/health", _health),
        Route(FEEDBACK, _feedback, methods=["POST"]),
    ]
)
"""The pages as an application to mount. `pages.state` is set when the service starts: `card`, `interface`,
`health`, which gives a `Health` each time that it is called, and `feedback`, a `FeedbackDesk`."""

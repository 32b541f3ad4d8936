"""A page in headless Chromium, watched while it is used."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

_CONTRAST = """
() => {
  const channel = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const parts = (color) => color.match(/[0-9.]+/g).map(Number);
  const luminance = ([red, green, blue]) =>
    0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = parts(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
    if (!text || !node.checkVisibility() || node.closest("script, .unseen")) continue;
    const lights = [parts(getComputedStyle(node).color), ground(node)].map(luminance).sort((a, b) => b - a);
    found.push([text, (lights[0] + 0.05) / (lights[1] + 0.05)]);
  }
  return found;
}
"""
"""Contrast of each visible text with what is behind it (WCAG 2.2, relative luminance)."""


@dataclass(kw_only=True)
class WatchedPage:
    """A page, and what it did.

    Attributes:
        page: Playwright's page.
        requests: Addresses that it asked for, without those of its own memory.
        complaints: Errors of its script and violations of its policy. What a server refused is none.
    """

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    @property
    def hosts(self) -> set[str | None]:
        """Hosts that it asked."""
        return {urlsplit(address).hostname for address in self.requests}

    def _note(self, address: str) -> None:
        if urlsplit(address).scheme not in ("blob", "data"):
            self.requests.append(address)

    def _listen(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def wait_until(self, expression: str) -> None:
        """Waits until an expression of the page is true. Playwright's own way is one that the page's policy forbids."""
        for _ in range(1000):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{expression} does not become true: {self.page.inner_text('body')}")

    def overflow(self) -> int:
        """Returns by how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    def contrasts(self) -> dict[str, float]:
        """Returns the contrast of each text that is seen, from 1 to 21."""
        found: list[tuple[str, float]] = self.page.evaluate(_CONTRAST)
        return dict(found)

    def press(self, *keys: str) -> None:
        """Presses keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """Returns the id of the element that has the focus, or its tag where it has none."""
        return self.page.evaluate("document.activeElement.id || document.activeElement.tagName")

    def tab_to(self, element_id: str, *, within: int = 40) -> None:
        """Presses Tab until an element has the focus."""
        for _ in range(within):
            self.press("Tab")
            if self.focused() == element_id:
                return
        raise AssertionError(f"Tab does not reach {element_id} within {within} times")


@contextmanager
def chromium() -> Iterator[Any]:
    """Gives a browser, or skips with the reason."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no chromium to look at the page with")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, address: str, *, width: int = 1100, scheme: str = "light") -> Iterator[WatchedPage]:
    """Gives a page of a visitor of its own; fails where it complained."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(20_000)
    watched = WatchedPage(page=context.new_page())
    watched.page.goto(address)
    yield watched
    context.close()
    assert watched.complaints == []


def choose(watched: WatchedPage, **files: bytes) -> None:
    """Chooses files, and waits until all are answered."""
    chosen = [{"name": name.replace("_", "."), "mimeType": "image/png", "buffer": data} for name, data in files.items()]
    watched.page.set_input_files("#files", chosen)
    watched.wait_until("!isWorking && images.every(({ state }) => state !== 'waiting')")


def seen(watched: WatchedPage, element_id: str) -> str:
    """Returns the text that is seen of an element; empty where it is hidden.

    Without the invisible marks that keep names from turning the text around them.
    """
    text = watched.page.inner_text(f"#{element_id}") if watched.page.is_visible(f"#{element_id}") else ""
    return text.replace("\u2068", "").replace("\u2069", "")

"""The documentation as a site: built strictly, whole, and without a question to another host."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from tests.conftest import PROJECT
from tests.support.browser import chromium, opened
from tests.support.commands import environment

_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
"""What a browser fetches by itself, by the attribute that names it."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=PROJECT,
        env=environment(tmp_path_factory.mktemp("home"), NO_MKDOCS_2_WARNING="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    """The pages, without the one that a server answers with where there is none."""
    found = sorted(site.rglob("*.html"))
    return {path: BeautifulSoup(path.read_text(), "html.parser") for path in found if path.name != "404.html"}


def elements(page: BeautifulSoup, name: str, attribute: str) -> Iterator[tuple[Tag, str]]:
    for element in page.find_all(name):
        if isinstance(element, Tag) and element.has_attr(attribute):
            yield element, str(element[attribute])


def test_every_page_of_the_sources_is_there(site: Path, pages: dict[Path, BeautifulSoup]) -> None:
    sources = [*(PROJECT / "docs").rglob("*.md"), *(PROJECT / "docs").rglob("*.ipynb")]
    wanted = {site / path.relative_to(PROJECT / "docs").with_suffix(".html") for path in sources}
    written = {site / "reference" / f"{name}.html" for name in ("configuration", "commands", "exit_codes")}
    assert wanted | written == set(pages)


def test_every_link_and_image_within_the_site_leads_somewhere(pages: dict[Path, BeautifulSoup]) -> None:
    anchors = {path: {str(each["id"]) for each in page.find_all(id=True)} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for name, attribute in {**_FETCHED, "a": "href"}.items():
            for _, address in elements(page, name, attribute):
                parts = urlsplit(address)
                if parts.scheme or parts.netloc:
                    continue
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                target = target / "index.html" if target.is_dir() else target
                fragment = unquote(parts.fragment)
                if not target.is_file() or (fragment and target in anchors and fragment not in anchors[target]):
                    broken.append(f"{path.name}: {address}")
    assert broken == []


def test_no_page_asks_another_host(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    asked = [
        f"{path.name}: {address}"
        for path, page in pages.items()
        for name, attribute in _FETCHED.items()
        for element, address in elements(page, name, attribute)
        if urlsplit(address).netloc and "canonical" not in element.get_attribute_list("rel")
    ]
    named = re.compile(r"(?:url\(|@import)\s*[\"']?(https?:[^)\"']+)")
    imported = [address for path in site.rglob("*.css") for address in named.findall(path.read_text())]
    scripts = [script for page in pages.values() for script in page.find_all("script") if not script.get("src")]
    assert asked == imported == []
    assert not [script for script in scripts if "https://" in script.get_text()]
    # The theme fetches a library for these from another host when a page has one.
    assert not any(page.select(".mermaid, .arithmatex") for page in pages.values())


def test_images_say_what_they_show(pages: dict[Path, BeautifulSoup]) -> None:
    images = [image for page in pages.values() for image, _ in elements(page, "img", "src")]
    assert images
    descriptions = [str(image.get("alt", "")).strip() for image in images]
    assert all(descriptions)
    assert not [text for text in descriptions if text.startswith("No description")]


def test_pages_open_from_a_folder_fit_a_telephone_and_can_be_searched(site: Path) -> None:
    def shown(browser: Any, page: str, *, width: int) -> None:
        with opened(browser, (site / page).as_uri(), width=width) as watched:
            assert watched.hosts == {None}
            assert watched.overflow() <= 0

    with chromium() as browser:
        for page in ("index.html", "reference/configuration.html", "explanation/intervals.html", "how-to/service.html"):
            shown(browser, page, width=390)
            shown(browser, page, width=1300)
        with opened(browser, (site / "how-to/gate.html").as_uri(), width=1300) as watched:
            watched.page.fill("input.md-search__input", "Obuchowski")
            watched.page.wait_for_selector(".md-search-result__item")
            assert "Intervals" in watched.page.inner_text(".md-search-result")
            assert watched.hosts == {None}


def test_files_that_the_code_and_the_configurations_name_are_there() -> None:
    folders = ("medimage", "pipelines", "steps", "materializers", "configs", "docker", "benchmarks", "docs", "tests")
    kinds = (".py", ".yaml", ".md")
    files = [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.suffix in kinds]
    files += [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")]
    naming = re.compile(r"(?<![\w/.])docs/[\w/-]+\.(?:md|png|ipynb)")
    named = {(path, name) for path in files for name in naming.findall(path.read_text())}
    assert len(named) > 5
    assert [f"{path}: {name}" for path, name in named if not (PROJECT / name).is_file()] == []


def test_make_docs_builds_where_nothing_is_committed() -> None:
    ignored = subprocess.run(["git", "check-ignore", "build/docs"], cwd=PROJECT, capture_output=True, check=False)
    if not (PROJECT / ".git").exists():
        pytest.skip("this is no checkout")
    assert ignored.returncode == 0
    assert "mkdocs build" in (PROJECT / "Makefile").read_text()
    assert "site_dir: build/docs" in (PROJECT / "mkdocs.yml").read_text()

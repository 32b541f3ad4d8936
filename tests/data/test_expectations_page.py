import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.data.test_expectations import change, run, sound

EVIL = "<script>alert(1)</script><img src=//evil.example/x onerror=alert(2)> $label \"'&amp; 漢字.png"


@pytest.fixture(scope="module")
def page() -> str:
    """Data Docs of records with names and labels that try to become markup."""
    images = change("name", [3, 4], EVIL)(change("label", [5], EVIL)(sound()))
    images = change("mode", [7], EVIL)(images)
    return run(images).data_docs


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_holds_nothing_that_acts_or_loads(page: str) -> None:
    parsed = _Page(page)
    assert parsed.open == []
    assert not parsed.tags & {"script", "img", "link", "iframe", "a", "form", "input", "button"}
    assert parsed.attributes <= {"class", "lang", "charset", "name", "content", "http-equiv"}
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_values_are_shown_as_they_are(page: str) -> None:
    words = _Page(page).words
    assert EVIL in words
    assert "values must belong to this set" in words
    assert "not met" in words


def test_each_table_has_its_section(page: str) -> None:
    for table in ("files", "usable images", "classes", "origins of images", "given parts"):
        assert f"<h2>Expectations on {table}</h2>" in page


def test_nothing_is_written_printed_or_sent(tmp_path: Path) -> None:
    program = (
        "import socket, tests.data.test_expectations as cases\n"
        "def refuse(*arguments, **named): raise OSError('the test allows no connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "images = cases.change('mode', [3], 'P')(cases.sound())\n"
        "assert cases.unmet(cases.run(images)) == {'expected_mode'}\n"
    )
    environment = {"PATH": "", "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("*")) == []

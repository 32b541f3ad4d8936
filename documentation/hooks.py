"""Hooks of MkDocs: the pages that no person writes, and nothing that another host would be asked for."""

import html
import re
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from documentation.commands_page import commands_page
from documentation.configuration_page import configuration_page
from documentation.exit_codes_page import exit_codes_page
from medimage.config.schema import config_schema

_DIAGRAMS = re.compile(r'<script type="module">(?:(?!</script>).)*mermaid(?:(?!</script>).)*</script>', re.DOTALL)
"""What nbconvert puts on the page of every notebook: it fetches a library for diagrams, of which there are none."""

_LINK = re.compile(r'href="((?![a-z]+:)[^"#]+)\.md(#[^"]*)?"')
"""A link to a page as it is named in the sources, which MkDocs translates in pages of Markdown alone."""

_UNDESCRIBED = re.compile(r'alt="No description has been provided for this image"')
"""What nbconvert says of every picture."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the reference to the files of the site."""
    for name, text in (
        ("configuration", configuration_page(config_schema())),
        ("commands", commands_page()),
        ("exit_codes", exit_codes_page()),
    ):
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def on_post_page(output: str, *, page: Page, **_: object) -> str:
    """Makes the page of a notebook one like the others."""
    source = page.file.abs_src_path
    if source is None or not source.endswith(".ipynb"):
        return output
    descriptions = iter(_descriptions(Path(source)))
    described = _UNDESCRIBED.sub(lambda _: f'alt="{html.escape(next(descriptions))}"', output)
    return _LINK.sub(r'href="\1.html\2"', _DIAGRAMS.sub("", described))


def _descriptions(notebook: Path) -> list[str]:
    """Returns what the cells that show a picture say of it in their metadata, as `alt`, from top to bottom."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [
        cell.metadata["alt"]
        for cell in cells
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", ()))
    ]

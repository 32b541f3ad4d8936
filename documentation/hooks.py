"""Hooks of MkDocs: the pages that no person writes, and nothing that another host would be asked for."""

import re

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
    if not page.file.src_uri.endswith(".ipynb"):
        return output
    return _LINK.sub(r'href="\1.html\2"', _DIAGRAMS.sub("", output))

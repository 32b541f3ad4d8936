"""Hooks of MkDocs: the pages that no person writes."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from documentation.commands_page import commands_page
from documentation.configuration_page import configuration_page
from documentation.exit_codes_page import exit_codes_page
from medimage.config.schema import config_schema


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the reference to the files of the site."""
    for name, text in (
        ("configuration", configuration_page(config_schema())),
        ("commands", commands_page()),
        ("exit_codes", exit_codes_page()),
    ):
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files

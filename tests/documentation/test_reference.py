"""The reference follows the code: what is added there shows up here."""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from documentation.command_help import help_of
from documentation.commands_page import commands_page
from documentation.configuration_page import anchor, configuration_page
from documentation.exit_codes_page import exit_codes_page
from documentation.markdown_text import escaped
from medimage import exit_codes
from medimage.command_line import COMMANDS
from medimage.config.run import RunConfig
from medimage.config.schema import ConfigSchema, config_schema
from tests.conftest import PROJECT
from tests.support.commands import environment


@pytest.fixture(scope="module")
def commands() -> str:
    return commands_page()


def test_every_section_and_key_has_one_entry_with_meaning_and_default() -> None:
    page = configuration_page(config_schema())
    settings = list(config_schema().settings())
    assert len(settings) > 250
    for setting in settings:
        assert page.count(f"{{ #{anchor(setting.key)} }}") == 1, setting.key
        assert escaped(setting.description) in page
    assert "`gate.sensitivity`{ #gate-sensitivity }\n:   Smallest sensitivity of every class." in page
    assert "Default: `0.8`" in page


def test_a_key_that_is_added_to_the_code_shows_up() -> None:
    class Extended(RunConfig):
        harvest: int = 7
        """How many apples."""

    page = configuration_page(ConfigSchema(Extended.model_json_schema()))
    assert "`harvest`{ #harvest }\n:   How many apples. Takes a whole number. Default: `7`" in page


def test_signs_that_markdown_knows_stay_as_they_are() -> None:
    assert escaped("a_b *c* <d> `e_f*` [g]") == r"a\_b \*c\* \<d\> `e_f*` \[g\]"


def test_every_command_of_medimage_and_every_pipeline_is_there(commands: str) -> None:
    for name in COMMANDS:
        assert f"### medimage {name}\n" in commands
    for path in (PROJECT / "pipelines").glob("*_pipeline.py"):
        assert f"### python -m pipelines.{path.stem}\n" in commands
    for action in ("list", "show", "promote", "rollback"):
        assert f"#### medimage registry {action}\n" in commands
    for action in ("verify", "keygen"):
        assert f"#### medimage evidence {action}\n" in commands
    assert "#### medimage schedule pause\n" in commands
    assert "--time-zone" in commands


def test_every_option_that_the_code_gives_a_parser_is_there(commands: str) -> None:
    sources = [*(PROJECT / "pipelines").glob("*.py"), *(PROJECT / "medimage").rglob("command.py")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    options = {option for text in texts for option in re.findall(r'add_argument\(\s*"(--[\w-]+)"', text)}
    assert len(options) > 30
    assert sorted(option for option in options if option not in commands) == []


def test_an_option_that_is_added_to_a_command_shows_up(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def with_another(parser: argparse.ArgumentParser, words: list[str]) -> Any:
        parser.add_argument("--harvest", help="how many apples")
        return parse(parser, words)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", with_another)
    assert "--harvest HARVEST" in help_of("medimage.hardware.monitor")


def test_help_on_the_page_is_what_the_command_prints(commands: str, tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "medimage.hardware.monitor", "--help"],
        env={**environment(tmp_path), "COLUMNS": "100"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() in commands


def test_every_exit_code_is_there_with_its_meaning() -> None:
    page = exit_codes_page()
    named = {name: value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert len(named) >= 9
    for name, code in named.items():
        assert re.search(rf"^\| {code} \| `{name}` \| \w.+ \|$", page, re.MULTILINE), name

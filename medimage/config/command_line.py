"""From the words of a command line to configuration files, overrides and flags."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medimage.config.layers import KeyPath, Layer, merge_layers
from medimage.config.problems import unknown_key
from medimage.config.schema import ConfigSchema
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.config.yaml_text import read_yaml
from medimage.errors import ConfigurationError

ORIGIN: Final = "command line"
"""Origin of every override."""

OPTIONS_WITH_VALUE: Final = {
    "--config": "YAML file to read. Give it several times to merge files, each laid on those before it.",
    "--summary": "File to write the outcome to, as JSON.",
}
"""Options that take a value and are no settings, with their help."""

SWITCHES: Final = {
    "--no-cache": "Run every step again, also those whose inputs have not changed.",
    "--print_config": "Print the merged, validated configuration as YAML that --config reads, and run nothing.",
    "--help": "Show this help, and run nothing.",
}
"""Options without a value, with their help."""


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """What a command line asks for.

    Attributes:
        config_files: YAML files in the order in which they are merged.
        overrides: Settings, to be laid on the files wherever they stood between them.
        summary: File to write the outcome to.
        switches: Options without a value that were given.
        problems: What could not be understood, a sentence each.
    """

    config_files: tuple[Path, ...]
    overrides: Layer
    summary: Path | None
    switches: frozenset[str]
    problems: tuple[str, ...]


def read_command_line(arguments: Sequence[str], *, schema: ConfigSchema) -> CommandLine:
    """Takes a command line apart; what it cannot understand is told all at once, in `problems`.

    Args:
        arguments: Words after the program's name; `--key value` and `--key=value` mean the same.
        schema: The settings that may be overridden.
    """
    config_files: list[Path] = []
    overrides = Layer(values={}, origins={})
    summary: Path | None = None
    switches: set[str] = set()
    problems: list[str] = []
    words = list(arguments)
    unreadable = [word for word in words if not word.isascii() and not _is_unicode(word)]
    if unreadable:
        words = [word.encode("utf-8", "replace").decode("utf-8") for word in words]
        problems.append(f"expected UTF-8 text but got {', '.join(map(ascii, unreadable))} ({ORIGIN})")
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        name = "--help" if name == "-h" else name
        if not name.startswith("--"):
            problems.append(_stray_word(word))
        elif name in SWITCHES:
            switches.add(name)
            if equals:
                problems.append(f"{name}: takes no value but got {value!r} ({ORIGIN})")
        else:
            # A value never starts with two dashes, but `-1` and `-0.5` are values.
            if not equals and words and not words[0].startswith("--"):
                equals, value = "=", words.pop(0)
            try:
                path = () if name in OPTIONS_WITH_VALUE else _key_path(name, schema=schema)
                if not equals or (not value and not _takes_text(path, schema=schema)):
                    raise ConfigurationError(f"{name}: needs a value, as {name} VALUE ({ORIGIN})")
                if name == "--config":
                    config_files.append(Path(value))
                elif name == "--summary":
                    summary = Path(value)
                else:
                    overrides = merge_layers(overrides, _override(path, value, schema=schema))
            except ConfigurationError as error:
                problems.append(str(error))
    return CommandLine(
        config_files=tuple(config_files),
        overrides=overrides,
        summary=summary,
        switches=frozenset(switches),
        problems=tuple(problems),
    )


def _is_unicode(word: str) -> bool:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:  # Python hands over bytes that are not UTF-8 as lone surrogates
        return False
    return True


def _stray_word(word: str) -> str:
    if word.endswith((".yaml", ".yml")):
        return f"{word!r} stands alone; did you mean --config {word}? ({ORIGIN})"
    return f"{word!r} stands alone: expected --KEY VALUE; a value with spaces needs quotes ({ORIGIN})"


def _key_path(name: str, *, schema: ConfigSchema) -> KeyPath:
    path = schema.split_key(name.removeprefix("--"))
    if schema.find(path) is None:
        near = nearest_names(name, [*OPTIONS_WITH_VALUE, *SWITCHES])
        if near:
            raise ConfigurationError(f"{name}: there is no such option{did_you_mean(near)} ({ORIGIN})")
        raise ConfigurationError(f"{unknown_key(path, schema=schema, dashes='--')} ({ORIGIN})")
    return path


def _takes_text(path: KeyPath, *, schema: ConfigSchema) -> bool:
    found = schema.find(path) if path else None
    return found is not None and "string" in schema.types(found)


def _override(path: KeyPath, text: str, *, schema: ConfigSchema) -> Layer:
    """Reads the value of one setting: as YAML, or as it stands where the setting takes text and YAML would not do.

    So `--data.path 2024` names a folder, and `--description "Lungs: five classes"` is not a mapping.
    """
    takes_text = _takes_text(path, schema=schema)
    try:
        layer = read_yaml(text, origin=ORIGIN, with_lines=False)
    except ConfigurationError as error:
        if not takes_text:
            raise ConfigurationError(f"--{'.'.join(map(str, path))}: cannot read {text!r}: {error}") from error
        layer = Layer(values=text, origins={})
    found = schema.find(path)
    if takes_text and found is not None and (not text or not _is_one_of(schema.types(found), layer.values)):
        layer = Layer(values=text, origins={})
    values = layer.values
    for part in reversed(path):
        values = {part: values}
    return Layer(values=values, origins={path: ORIGIN, **{(*path, *key): ORIGIN for key in layer.origins}})


def _is_one_of(types: frozenset[str], value: object) -> bool:
    found = _json_type(value)
    # A whole number is a number.
    return found in types or (found == "integer" and "number" in types)


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]

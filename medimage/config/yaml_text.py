"""Reading and writing YAML without its traps.

The scalars are those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema), in decimal: `1e-4`
is a number; `no`, `off`, `010` and `2024-01-31` are text. Duplicate keys, keys that are not text, aliases and custom
tags are refused.
"""

import re
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from medimage.config.layers import KeyPath, Layer, dotted
from medimage.errors import ConfigurationError

_TAG: Final = "tag:yaml.org,2002:"
_SCALARS: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = (
    (f"{_TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN"),
    (f"{_TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (f"{_TAG}int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), "-+0123456789"),
    (
        f"{_TAG}float",
        re.compile(
            r"^(?:[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
        ),
        "-+.0123456789",
    ),
)
_WORDS: Final = {"str": "text", "bool": "true or false", "int": "a whole number", "float": "a number"}
_TAB_HINT: Final = " (YAML is indented with spaces, never with tabs)"


class _AliasError(Exception):
    """An alias was met; its line and name are the arguments."""


class _Reader(yaml.SafeLoader):
    """PyYAML's parser with the scalars of YAML 1.2, without aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # a class attribute that PyYAML reads

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise _AliasError(event.start_mark.line + 1, event.anchor)
        return super().compose_node(parent, index)


class _Writer(yaml.SafeDumper):
    """PyYAML's writer, which quotes whatever this reader or a YAML 1.1 reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True

    def represent_str(self, data: str) -> ScalarNode:
        # In single quotes, line breaks other than \n come back as spaces.
        return self.represent_scalar(f"{_TAG}str", data, style='"' if len(f"{data}.".splitlines()) > 1 else None)


_Writer.add_representer(str, _Writer.represent_str)


def _use_core_schema_scalars() -> None:
    # Each class gets its own table: PyYAML's are shared by everything in the process.
    _Writer.yaml_implicit_resolvers = {k: list(v) for k, v in yaml.SafeDumper.yaml_implicit_resolvers.items()}
    for tag, pattern, first_characters in _SCALARS:
        for resolvers in (_Reader.yaml_implicit_resolvers, _Writer.yaml_implicit_resolvers):
            for character in [*first_characters, *([""] if tag.endswith("null") else [])]:
                resolvers.setdefault(character, []).append((tag, pattern))


_use_core_schema_scalars()


def read_yaml(text: str, *, origin: str, with_lines: bool = True) -> Layer:
    """Reads one YAML document of plain values.

    Args:
        text: The document.
        origin: Where it came from, for messages: a file name or `command line`.
        with_lines: Whether the origin of each value names its line.

    Returns:
        The values (dict, list, str, int, float, bool, None) and the origin of each; None for an empty document.

    Raises:
        ConfigurationError: If the text is not YAML, or uses what is refused here.
    """
    try:
        node = _compose(text)
    except _AliasError as error:
        line, name = error.args
        raise ConfigurationError(
            f"{origin}, line {line}: the alias *{name} is not supported; write the value out, or put what is shared "
            "into a file of its own and give both with --config"
        ) from error
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError(f"{origin}{_where(error)}: not YAML: {_what(error)}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{origin}: not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{origin}: not YAML that can be read: it is nested too deeply") from error
    origins: dict[KeyPath, str] = {}
    values = None if node is None else _value(node, (), origins, origin=origin, with_lines=with_lines)
    return Layer(values=values, origins=origins or {(): origin})


def write_yaml(values: Any) -> str:
    """Writes plain values as YAML that `read_yaml` reads back equal, keys in their order."""
    return yaml.dump(values, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120)


def _compose(text: str) -> Node | None:
    reader = _Reader(text)
    try:
        return reader.get_single_node()
    finally:
        reader.dispose()


def _where(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return "" if mark is None else f", line {mark.line + 1}"


def _what(error: yaml.MarkedYAMLError) -> str:
    problem = " ".join(part for part in (error.problem, error.context) if part)
    return problem + (_TAB_HINT if "\\t" in problem else "")


def _value(node: Node, path: KeyPath, origins: dict[KeyPath, str], *, origin: str, with_lines: bool) -> Any:
    place = f"{origin}, line {node.start_mark.line + 1}" if with_lines else origin
    origins[path] = place
    if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node, origin=origin, with_lines=with_lines)
            if key in mapping:
                line = f", line {key_node.start_mark.line + 1}" if with_lines else ""
                raise ConfigurationError(
                    f"{origin}{line}: the key {dotted((*path, key))} stands here a second time; keep one of them"
                )
            mapping[key] = _value(value_node, (*path, key), origins, origin=origin, with_lines=with_lines)
            # The line of the key is where a person looks, also where the value starts further down.
            if with_lines:
                origins[(*path, key)] = f"{origin}, line {key_node.start_mark.line + 1}"
        return mapping
    if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
        return [
            _value(item, (*path, index), origins, origin=origin, with_lines=with_lines)
            for index, item in enumerate(node.value)
        ]
    if isinstance(node, ScalarNode):
        return _scalar(node, place=place)
    raise ConfigurationError(f"{place}: the tag {node.tag} is not supported")


def _key(node: Node, *, origin: str, with_lines: bool) -> str:
    place = f"{origin}, line {node.start_mark.line + 1}" if with_lines else origin
    key = _scalar(node, place=place) if isinstance(node, ScalarNode) else None
    if not isinstance(key, str):
        shown = node.value if isinstance(node, ScalarNode) else "a list or mapping"
        raise ConfigurationError(
            f"{place}: expected a key that is text but got {shown or 'nothing'}; if it is a name, write it in quotes"
        )
    return key


def _scalar(node: ScalarNode, *, place: str) -> str | int | float | bool | None:
    text: str = node.value
    kind = node.tag.removeprefix(_TAG)
    try:
        match kind:
            case "str":
                text.encode("utf-8")
                return text
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "int":
                return int(text)
            case "float":
                # YAML writes .inf and .nan where Python writes inf and nan.
                return float(text.replace(".", "") if text[-1] in "fFnN" else text)
    except (KeyError, ValueError) as error:
        text = ascii(text) if isinstance(error, UnicodeEncodeError) else text
        shown = text if len(text) <= 40 else f"{text[:40]}… ({len(text)} characters)"
        raise ConfigurationError(f"{place}: {shown} cannot be read as {_WORDS[kind]}") from error
    raise ConfigurationError(f"{place}: the tag {node.tag} is not supported")

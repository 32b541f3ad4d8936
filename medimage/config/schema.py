"""What keys the configuration has, and what each of them takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from medimage.config.experiment import CandidateConfig
from medimage.config.layers import KeyPath
from medimage.config.names import FORM
from medimage.config.run import RunConfig
from medimage.wording import listed

JsonSchema = Mapping[str, Any]

_ANYTHING: Final[JsonSchema] = {}
_CANDIDATES: Final = ("experiment", "candidates")
_CHANGED_BY_CANDIDATES: Final = tuple((name,) for name in CandidateConfig.model_fields)
_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key of the configuration.

    Attributes:
        key: Full name, such as `training.stage2.epochs`.
        description: What it means.
        expected: What it takes, in words.
        default: Value where no source gives one, as plain YAML values.
        is_section: Whether it is a group of further keys.
    """

    key: str
    description: str
    expected: str
    default: Any
    is_section: bool


@dataclass(frozen=True)
class ConfigSchema:
    """The JSON schema of `RunConfig`, asked by key."""

    root: JsonSchema

    def find(self, path: KeyPath) -> JsonSchema | None:
        """Returns the schema of the value at `path`, or None where the configuration has no such key.

        What a candidate of an experiment changes has the schema of the section that it changes.
        """
        _, changed = self.in_candidate(path)
        if changed:
            return self.find(changed)
        schema: JsonSchema = self.root
        for part in path:
            inner = self._step(schema, part)
            if inner is None:
                return None
            schema = inner
        return schema

    def in_candidate(self, path: KeyPath) -> tuple[KeyPath, KeyPath]:
        """Divides the path of what a candidate of an experiment changes into its own and that of the run's own key.

        Both are empty for any other path.
        """
        named = len(_CANDIDATES) + 1
        is_changed = path[: len(_CANDIDATES)] == _CANDIDATES and path[named : named + 1] in _CHANGED_BY_CANDIDATES
        return (path[:named], path[named:]) if is_changed else ((), ())

    def has_free_names(self, path: KeyPath) -> bool:
        """Returns whether a person gives the names in the mapping at `path`."""
        schema = self.find(path)
        return schema is not None and any(_of_free_names(kind) is not None for kind in self._kinds(schema))

    def split_key(self, key: str) -> KeyPath:
        """Splits a dotted key; below a mapping with free names, what is left is one name, dots and all.

        A candidate of an experiment is named by one part, and those after it are a key of the configuration.
        """
        parts = key.split(".")
        named = len(_CANDIDATES) + 1
        if tuple(parts[: len(_CANDIDATES)]) == _CANDIDATES and len(parts) > named:
            return (*parts[:named], *self.split_key(".".join(parts[named:])))
        for length in range(1, len(parts)):
            if self.has_free_names(tuple(parts[:length])):
                return (*parts[:length], ".".join(parts[length:]))
        return tuple(parts)

    def expected_name(self, path: KeyPath) -> str:
        """Says in words what the name at the end of `path` may be, which a person has given to a free key."""
        holder = self.find(path[:-1]) or _ANYTHING
        names = [kind["propertyNames"] for kind in self._kinds(holder) if "propertyNames" in kind]
        return listed([_text_phrase(name) for name in names], word="or") or "another name"

    def types(self, schema: JsonSchema) -> frozenset[str]:
        """Returns the JSON types that a value may have."""
        kinds = self._kinds(schema)
        if any("type" not in kind for kind in kinds):
            return frozenset(_WORDS)
        return frozenset(kind["type"] for kind in kinds)

    def choices(self, schema: JsonSchema) -> tuple[str, ...]:
        """Returns the fixed words that a value may be, if there are any."""
        return tuple(word for kind in self._kinds(schema) for word in _fixed_words(kind))

    def expected(self, schema: JsonSchema) -> str:
        """Says in words what a value may be, such as `'auto' or a list of text`."""
        phrases = [repr(word) for word in self.choices(schema)]
        phrases += [self._phrase(kind) for kind in self._kinds(schema) if not _fixed_words(kind)]
        return listed(list(dict.fromkeys(phrases)), word="or")

    def settings(self) -> Iterator[Setting]:
        """Yields every key, a section before its keys."""
        yield from self._settings(self.root, (), self.defaults())

    def defaults(self) -> dict[str, Any]:
        """Returns the value of every key that has one without any source, as plain YAML values."""
        return self._defaults(self.root)

    def _settings(self, schema: JsonSchema, path: KeyPath, defaults: Any) -> Iterator[Setting]:
        for name, inner in self._properties(schema).items():
            here = (*path, name)
            default = defaults.get(name) if isinstance(defaults, dict) else None
            below = self._properties(inner)
            description = inner.get("description") or " ".join(k.get("description", "") for k in self._kinds(inner))
            yield Setting(
                key=".".join(map(str, here)),
                description=" ".join(description.split()),
                expected=self.expected(inner),
                default=default,
                is_section=bool(below),
            )
            if below:
                # An optional section that is off by default still shows what it would start from.
                yield from self._settings(inner, here, default or self._defaults(inner))

    def _defaults(self, schema: JsonSchema) -> dict[str, Any]:
        return {
            name: inner["default"] if "default" in inner else self._defaults(inner)
            for name, inner in self._properties(schema).items()
            if "default" in inner or self._properties(inner)
        }

    def _step(self, schema: JsonSchema, part: str | int) -> JsonSchema | None:
        for kind in self._kinds(schema):
            if isinstance(part, int) and kind.get("type") == "array":
                fixed: Sequence[JsonSchema] = kind.get("prefixItems", ())
                return fixed[part] if part < len(fixed) else kind.get("items", _ANYTHING)
            if isinstance(part, str) and part in kind.get("properties", {}):
                return kind["properties"][part]
            free = _of_free_names(kind)
            if isinstance(part, str) and free is not None:
                return free
        return None

    def _kinds(self, schema: JsonSchema) -> tuple[JsonSchema, ...]:
        """Returns the alternatives of a schema, references followed."""
        if "$ref" in schema:
            return self._kinds(self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in schema:
            return tuple(kind for inner in schema["anyOf"] for kind in self._kinds(inner))
        return (schema,)

    def _properties(self, schema: JsonSchema) -> Mapping[str, JsonSchema]:
        return next((kind["properties"] for kind in self._kinds(schema) if "properties" in kind), {})

    def _phrase(self, kind: JsonSchema) -> str:
        if "type" not in kind:
            return "any value"
        if kind["type"] == "array":
            if "prefixItems" in kind:
                return f"a list of {len(kind['prefixItems'])} values"
            fewest = f" with {kind['minItems']} or more entries" if "minItems" in kind else ""
            return f"a list{fewest} of {self.expected(kind.get('items', _ANYTHING))}"
        if kind["type"] == "object" and (free := _of_free_names(kind)):
            return f"a mapping from names to {self.expected(free)}"
        if kind["type"] == "string":
            return _text_phrase(kind)
        return _WORDS[kind["type"]] + _range(kind)


@cache
def config_schema() -> ConfigSchema:
    """Returns the schema of `RunConfig`."""
    return ConfigSchema(RunConfig.model_json_schema())


def _of_free_names(kind: JsonSchema) -> JsonSchema | None:
    """Returns the schema of what stands under names that a person gives; None where names are fixed."""
    # Names of a certain form have their values under the pattern.
    free = next(iter(kind.get("patternProperties", {}).values()), kind.get("additionalProperties"))
    return _ANYTHING if free is True else free or None


def _fixed_words(kind: JsonSchema) -> tuple[str, ...]:
    return tuple(kind["enum"]) if "enum" in kind else (kind["const"],) if "const" in kind else ()


def _text_phrase(kind: JsonSchema) -> str:
    if kind.get("format") == "path":
        return "a path"
    if FORM in kind:
        return kind[FORM]
    return "text that is not empty" if kind.get("minLength") else "text"


def _range(kind: JsonSchema) -> str:
    bounds = [
        f"{word} {kind[name]:,}" if isinstance(kind[name], int) and kind[name] > 9999 else f"{word} {kind[name]:g}"
        for name, word in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if name in kind
    ]
    return f" {listed(bounds)}" if bounds else ""

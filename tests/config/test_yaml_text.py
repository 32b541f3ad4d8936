import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.yaml_text import read_yaml, write_yaml
from medimage.errors import ConfigurationError


def read(text: str) -> object:
    return read_yaml(text, origin="test.yaml").values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("5E6", 5e6),
        ("-1.5e+3", -1500.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("3", 3),
        ("+3", 3),
        ("-0", 0),
        ("-.inf", -math.inf),
        (".Inf", math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
    ],
)
def test_scalars_of_yaml_1_2_have_their_type(text, value):
    assert read(text) == value
    assert type(read(text)) is type(value)


def test_nan_is_a_number():
    number = read(".nan")
    assert isinstance(number, float)
    assert math.isnan(number)


@pytest.mark.parametrize(
    "text", ["no", "off", "yes", "On", "y", "010", "0x1F", "0o17", "1_000", "12:30:45", "2024-01-31", "1e", "nan", "<<"]
)
def test_what_yaml_1_1_would_convert_stays_text(text):
    assert read(text) == text


@pytest.mark.parametrize("text", ["'5'", '"5"', "!!str 5"])
def test_quoted_numbers_are_text(text):
    assert read(text) == "5"


def test_each_value_knows_its_line():
    layer = read_yaml("data:\n  classes:\n    - a\n    - b\nseed: 1\n", origin="x.yaml")
    assert layer.origin_of(("data", "classes")) == "x.yaml, line 2"
    assert layer.origin_of(("data", "classes", 1)) == "x.yaml, line 4"
    assert layer.origin_of(("seed",)) == "x.yaml, line 5"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a: 1\nb: 2\na: 3\n", ["test.yaml, line 3", "key a", "second time"]),
        ("x:\n  a: 1\n  a: 1\n", ["line 3", "x.a"]),
        ("a:\n\tb: 1\n", ["line 2", "tabs"]),
        ("a: [1, 2\n", ["not YAML", "']'"]),
        ("a: &n 1\nb: *n\n", ["line 2", "alias *n"]),
        ("a: &n [*n]\n", ["alias *n"]),
        ("1: a\n", ["key", "1", "quotes"]),
        ("true: a\n", ["key", "true", "quotes"]),
        ("? \n: a\n", ["key", "nothing"]),
        ("? [a]\n: b\n", ["key", "list"]),
        ("a: !!python/object:os.system {}\n", ["tag", "not supported"]),
        ("a: !!binary aGk=\n", ["tag", "not supported"]),
        ("a: !!bool yes\n", ["yes", "true or false"]),
        ("a: !!int x\n", ["x", "whole number"]),
        ("a: 1\n---\nb: 2\n", ["line 2", "document"]),
        ("a: " + "9" * 5000, ["5000 characters", "whole number"]),
        ("a: " + "[" * 5000 + "]" * 5000, ["nested too deeply"]),
        ('a: "\\ud800"', ["ud800", "text"]),
        ("a: \x01", ["not YAML", "#x0001"]),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(text, parts):
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    for part in ["test.yaml", *parts]:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_empty_document_has_no_value():
    assert read("") is None
    assert read("# only a comment\n") is None


plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "no",
        "yes",
        "1e-4",
        "010",
        "null",
        "~",
        "",
        " ",
        "- a",
        "a: b",
        "#",
        "'",
        '"',
        ".inf",
        "2024-01-31",
        "<<",
        "\x85",
        "a\u2028b",
        "=",
        "*a",
    ]
)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | plain_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_text, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(plain_values)
def test_written_values_read_back_equal(values):
    assert repr(read(write_yaml(values))) == repr(values)


@settings(deadline=None)
@given(plain_text)
def test_written_text_is_text_for_a_yaml_1_1_reader_too(text):
    assert yaml.safe_load(write_yaml([text])) == [text]


def test_other_readers_of_the_process_keep_their_rules():
    assert yaml.safe_load("no") is False
    assert yaml.safe_load("1e-4") == "1e-4"
    assert yaml.safe_dump("1e-4") == "1e-4\n...\n"

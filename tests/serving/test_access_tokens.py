import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.serving.access_tokens import AccessTokens

FIRST, SECOND = "aZ09-._~+/=aaaaaa", "b" * 16
TOKENS = AccessTokens.parse(f"ward-3:{FIRST}, research:{SECOND}\n")


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        (f"Bearer {FIRST}", "ward-3"),
        (f"bearer  {SECOND} ", "research"),
        ("", None),
        ("Bearer", None),
        ("Bearer ", None),
        (f"Basic {FIRST}", None),
        (FIRST, None),
        (f"Bearer {FIRST[:-1]}", None),
        (f"Bearer {FIRST}x", None),
        (f"Bearer {FIRST.upper()}", None),
        ("Bearer ward-3", None),
        (f"Bearer ward-3:{FIRST}", None),
        ("Bearer \udcff", None),
    ],
)
def test_only_a_whole_token_names_who_has_it(authorization: str, name: str | None) -> None:
    assert TOKENS.name_of(authorization) == name


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    assert TOKENS.name_of(f"Bearer {text}") is None


def test_the_tokens_themselves_are_not_kept() -> None:
    assert FIRST not in repr(TOKENS)


@pytest.mark.parametrize("text", ["", " \n ", ","[:0]])
def test_without_tokens_there_are_none(text: str) -> None:
    assert not AccessTokens.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        f":{FIRST}",
        "name:",
        "name:short",
        f"na me:{FIRST}",
        f"name:{FIRST}ä",
        f"a:{FIRST} a:{SECOND}",
        f"a:{FIRST} b:{FIRST}",
        "a:" + "x" * 600,
        ",",
    ],
)
def test_what_is_no_list_of_tokens_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        AccessTokens.parse(text)
    assert FIRST not in str(caught.value)
    assert "short" not in str(caught.value)

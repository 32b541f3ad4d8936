import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from medimage.registry.semantic_version import ModelContract, SemanticVersion, next_version
from tests.support.exported import make_spec

numbers = st.integers(0, 10**6)
versions = st.builds(SemanticVersion, numbers, numbers, numbers)
BASE = ModelContract.of(make_spec())


@given(versions)
def test_text_and_number_are_the_same(version: SemanticVersion) -> None:
    assert SemanticVersion.parse(str(version)) == version


@given(versions, versions)
def test_order_is_that_of_packaging(first: SemanticVersion, second: SemanticVersion) -> None:
    assert (first < second) == (Version(str(first)) < Version(str(second)))


@pytest.mark.parametrize("text", ["1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "", "v1.2.3", "1.2.3\n"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"MAJOR\.MINOR\.PATCH"):
        SemanticVersion.parse(text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "3.4.6"),
        ({"head": "medical"}, "3.5.0"),
        ({"size": 64}, "3.5.0"),
        ({"timm_name": "resnet18"}, "3.5.0"),
        ({"channels": 3}, "4.0.0"),
        ({"classes": ("bright", "dark")}, "4.0.0"),
        ({"classes": ("dark", "bright", "other|one")}, "4.0.0"),
    ],
)
def test_version_says_what_changed_since_the_newest(change: dict, expected: str) -> None:
    older = (SemanticVersion(3, 3, 9), ModelContract.of(make_spec(channels=3)))
    newest = (SemanticVersion(3, 4, 5), BASE)
    for existing in ([older, newest], [newest, older]):
        assert str(next_version(ModelContract.of(make_spec(**change)), existing)) == expected


def test_first_version() -> None:
    assert str(next_version(BASE, [])) == "1.0.0"

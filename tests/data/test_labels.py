import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.config.class_names import canonical_name
from medimage.data.sources.labels import LabelMap
from medimage.errors import ConfigurationError, DataError


def build(*found: str, **settings: object) -> LabelMap:
    return LabelMap.build(**{"classes": "auto", "labels": {}, "left_out": (), **settings}, found=found)  # type: ignore[arg-type]


def test_several_names_become_one_class() -> None:
    labels = build("no", "Normal", "healthy", "ill", labels={"no": "normal", "healthy": "normal"})
    assert labels.classes == ("ill", "normal")
    assert [labels.resolve(name, where="x") for name in ("no", "Normal", "HEALTHY", "ill")] == ["normal"] * 3 + ["ill"]


@pytest.mark.parametrize("classes", ["auto", ("ill", "well")])
def test_a_name_is_dropped_whether_classes_are_listed_or_not(classes: object) -> None:
    labels = build("ill", "Un known", "well", classes=classes, left_out=("unknown",))
    assert labels.classes == ("ill", "well")
    assert labels.resolve("UNKNOWN", where="x") is None


@pytest.mark.parametrize("classes", ["auto", ("ill", "well")])
def test_spellings_of_a_dropped_class_are_dropped_with_it(classes: object) -> None:
    settings = {"labels": {"n/a": "unknown"}, "left_out": ("unknown",)}
    labels = build("ill", "N/A", "well", classes=classes, **settings)
    assert labels.classes == ("ill", "well")
    assert labels.resolve("N/A", where="x") is None


def test_names_that_differ_in_case_and_spaces_alone_are_one_class_and_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    labels = build("Covid", "covid ", "well")
    assert labels.classes == ("Covid", "well")
    assert labels.resolve("covid ", where="x") == labels.resolve("Covid", where="x") == "Covid"
    assert labels.notes == ("The labels 'Covid', 'covid ' differ in case, spaces, - or _ alone: they are one class.",)
    assert labels.notes[0] in caplog.text
    assert build("covid", "well").notes == ()


def test_a_class_is_written_as_the_configuration_writes_it() -> None:
    assert build("covid", "corona", labels={"corona": "COVID"}).classes == ("COVID",)


def test_words_that_mean_nothing_elsewhere_are_names_like_others() -> None:
    assert build("nan", "None", "null", "0", "false").classes == ("0", "None", "false", "nan", "null")


@pytest.mark.parametrize("empty", ["", "  ", "_-"])
def test_an_empty_name_is_no_class_and_may_be_left_out(empty: str) -> None:
    labels = build("ill", "well", empty)
    assert labels.classes == ("ill", "well")
    with pytest.raises(DataError, match=r"line 3 has no label .* data.labels: \{'': null\}"):
        labels.resolve(empty, where="line 3")
    assert build("ill", empty, left_out=("",)).resolve(empty, where="x") is None


def test_an_unknown_name_is_told_with_what_is_like_it() -> None:
    labels = build(classes=("normal", "tuberculosis"))
    with pytest.raises(ConfigurationError, match=r"x has the label 'tuberculos'.*nearest class is 'tuberculosis'"):
        labels.resolve("tuberculos", where="x")


def test_classes_without_an_image_are_named_with_what_there_is() -> None:
    labels = build(classes=("a", "b", "c"))
    with pytest.raises(DataError, match=r"none of \['b'\] in t.csv, which has images of \['A', 'c'\]"):
        labels.require_images({"a", "c"}, found=["c", "A", "c"], where="in t.csv")


NAMES = st.text(st.sampled_from("aAbB _-é"), max_size=4)


@given(found=st.lists(NAMES, max_size=8), ignored=st.lists(NAMES, max_size=3))
def test_every_name_found_is_a_class_or_left_out_or_empty_and_likes_go_together(
    found: list[str], ignored: list[str]
) -> None:
    labels = build(*found, left_out=tuple(ignored))
    left_out = {canonical_name(name) for name in ignored}
    named = [name for name in found if canonical_name(name) or "" in left_out]
    resolved = {name: labels.resolve(name, where="x") for name in named}
    assert {label for label in resolved.values() if label is not None} == set(labels.classes)
    assert all((label is None) == (canonical_name(name) in left_out) for name, label in resolved.items())
    groups = {canonical_name(name) for name in named} - left_out
    assert len(labels.classes) == len(groups)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_letters_with_accents_are_one_however_they_are_composed(
    form: Literal["NFC", "NFD"], asked: Literal["NFC", "NFD"]
) -> None:
    found, named = unicodedata.normalize(form, "Étiré"), unicodedata.normalize(asked, "étiré")
    assert build(found, "a", classes=("a", named)).resolve(found, where="x") == named
    assert build(found, "a", left_out=(named,)).classes == ("a",)
    assert build(found, "a", labels={named: "b"}).classes == ("a", "b")
    assert build(found, "a").classes == ("a", "Étiré")


def test_compositions_of_one_name_are_one_class_and_it_is_said() -> None:
    labels = build("é", unicodedata.normalize("NFD", "é"), "a")
    assert labels.classes == ("a", "é")
    assert "whether a letter and its accent are one character: they are one class" in labels.notes[0]
    assert "accent" not in build("A", "a", "b").notes[0]


@given(st.text())
def test_the_canonical_name_is_its_own_and_that_of_every_composition(name: str) -> None:
    key = canonical_name(name)
    assert canonical_name(key) == key
    for form in ("NFC", "NFD"):
        assert canonical_name(unicodedata.normalize(form, name)) == key

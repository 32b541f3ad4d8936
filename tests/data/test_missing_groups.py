import pytest

from medimage.data.sources.missing_groups import notes_on_groups


def test_known_groups_need_no_word() -> None:
    assert notes_on_groups(["p1", "p2", "P3", "Nana"], where="'patient'") == ()
    assert notes_on_groups([], where="'patient'") == ()


@pytest.mark.parametrize("word", ["nan", "NA", "N/A", "-", "Unknown", " none "])
def test_entries_that_mean_nobody_are_told_as_they_would_be_one_patient(word: str) -> None:
    (note,) = notes_on_groups(["p1", word, word], where="'patient' in t.csv")
    assert note.startswith(f"2 of 3 images have {word} in 'patient' in t.csv")
    assert "Leave it empty" in note


def test_empty_entries_are_told_as_groups_of_their_own() -> None:
    (note,) = notes_on_groups(["p1", "", ""], where="'patient'")
    assert note == "2 of 3 images have no group, because 'patient' is empty: each is a group of its own."


def test_groups_that_differ_in_capitals_only_are_told(caplog: pytest.LogCaptureFixture) -> None:
    (note,) = notes_on_groups(["P12", "p12", "P12", "q"], where="'patient'")
    assert note.startswith("Groups in 'patient' differ in capitals only, such as P12 and p12 (in all 2)")
    assert note in caplog.text

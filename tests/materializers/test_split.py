"""How a split is stored and shown, whatever its classes are called."""

import csv
import dataclasses
import io
import uuid

from zenml.client import Client

from materializers.split import SplitMaterializer
from medimage.data.left_out import LeftOut
from medimage.data.lock_reference import LockReference, digest_of_test_set
from medimage.data.split import PARTS, Split

CLASSES = ("a\nb", 'in, "situ"', "=1+1")
SPLIT = Split(
    image_ids=tuple(f"{part}{name}" for part in PARTS for name in CLASSES),
    labels=CLASSES * len(PARTS),
    groups=tuple(f"{part}{name}" for part in PARTS for name in CLASSES),
    parts=tuple(part for part in PARTS for _ in CLASSES),
    classes=CLASSES,
    left_out=(LeftOut(image_id="x", label=CLASSES[0], group="-g", reason="held out: for\na reason, of course"),),
)


def materializer() -> SplitMaterializer:
    store = Client().active_stack.artifact_store
    uri = f"{store.path}/tests/{uuid.uuid4()}"
    store.makedirs(uri)
    return SplitMaterializer(uri, store)


def test_classes_of_any_name_come_back_as_they_went_in() -> None:
    store = materializer()
    store.save(SPLIT)
    assert store.load(Split) == SPLIT


def rows(view: str | bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(view if isinstance(view, str) else view.decode(), newline="")))


def test_the_tables_shown_have_a_row_for_each_class_and_no_formula() -> None:
    shown = materializer().views(SPLIT)
    assert rows(shown["split.csv"]) == [
        ["class", *PARTS],
        ["a\nb", "1", "1", "1"],
        ['in, "situ"', "1", "1", "1"],
        ["'=1+1", "1", "1", "1"],
        ["groups", "3", "3", "3"],
    ]
    assert rows(shown["left_out.csv"])[1:] == [["x", "a\nb", "'-g", "held out: for\na reason, of course"]]
    assert "left_out.csv" not in materializer().views(dataclasses.replace(SPLIT, left_out=()))


def key(split: Split) -> str:
    """Returns what a step's cache key knows of a split that the step takes."""
    return materializer().compute_content_hash(split)


def locked(split: Split, *, name: str = "default", locked_at: str = "2026-01-02T03:04:05+00:00") -> Split:
    test = split.rows("test")
    digest = digest_of_test_set([split.image_ids[row] for row in test], [split.labels[row] for row in test])
    return dataclasses.replace(split, test_set=LockReference(name=name, digest=digest, locked_at=locked_at))


def test_steps_that_tell_a_finding_run_again_when_it_changes_and_those_that_train_do_not() -> None:
    told = dataclasses.replace(SPLIT, findings=("The 45 test images have other gray levels",))
    changes = [told, locked(SPLIT), locked(SPLIT, name="other")]
    assert len({key(split) for split in (SPLIT, *changes)}) == 4
    assert {key(split.bare) for split in changes} == {key(SPLIT)}
    assert {split.bare.content_hash for split in changes} == {SPLIT.content_hash}
    assert key(dataclasses.replace(SPLIT, parts=SPLIT.parts[::-1]).bare) != key(SPLIT)


def test_when_a_test_set_was_locked_makes_no_step_run_again() -> None:
    assert key(locked(SPLIT)) == key(locked(SPLIT, locked_at="2027-01-01T00:00:00+00:00"))

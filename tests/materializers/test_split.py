"""How a split is stored and shown, whatever its classes are called."""

import csv
import dataclasses
import io
import uuid

from zenml.client import Client

from materializers.split import SplitMaterializer
from medimage.data.left_out import LeftOut
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

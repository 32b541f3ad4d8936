"""The images of a table as a source yields them."""

from medimage.data.box import Box
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.table_records import table_records
from tests.support.images import encode, textured

SAME = encode(textured(3))
RECORDS = [
    ImageRecord(
        name="b.png",
        encoded=encode(textured(1)),
        label="ill",
        group="p1",
        origin="north",
        given_split="train",
        lesion_boxes=(Box(left=1, top=2, right=5, bottom=9),),
        metadata={"sex": "F"},
    ),
    ImageRecord(name="a.png", encoded=SAME, label="ill"),
    ImageRecord(name="c.png", encoded=SAME, label="well", group="p2"),
]


def test_records_come_back_as_they_were_written() -> None:
    table = ImageTable.write(RECORDS, classes=("ill", "well"))
    assert sorted(table_records(table), key=lambda record: record.name) == [RECORDS[1], RECORDS[0], RECORDS[2]]


def test_only_those_asked_for_come() -> None:
    table = ImageTable.write(RECORDS, classes=("ill", "well"))
    assert list(table_records(table, ["c.png"])) == [RECORDS[2]]
    assert list(table_records(table, [])) == []

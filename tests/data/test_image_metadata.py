import pytest

from medimage.data.image_metadata import ImageLevels, levels_of_images
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.errors import DataError
from tests.support.images import encode, textured


def record(name: str, *, image: int, origin: str = "", **metadata: str) -> ImageRecord:
    return ImageRecord(name=name, encoded=encode(textured(image)), label="a", origin=origin, metadata=metadata)


def levels(*records: ImageRecord) -> dict[str, ImageLevels]:
    table = ImageTable.write(records, classes=("a", "b"))
    return levels_of_images(table, list(dict.fromkeys(each.image_id for each in records)))


def test_the_origin_comes_first_and_without_being_asked_for() -> None:
    found = levels(record("1", image=1, sex="f", origin="A"), record("2", image=2, sex=""))
    assert list(found.items()) == [
        ("origin", ImageLevels(levels=("A", ""), contradictions=0)),
        ("sex", ImageLevels(levels=("f", ""), contradictions=0)),
    ]


def test_an_origin_that_nobody_knows_is_not_stated() -> None:
    found = levels(record("1", image=1, origin="unknown"), record("2", image=2, origin=" Site  A"))
    assert found["origin"].levels == ("", "Site A")
    assert levels(record("1", image=1, origin="N/A")) == {}


def test_an_origin_that_no_image_has_is_no_subgroup() -> None:
    assert list(levels(record("1", image=1, sex="f"))) == ["sex"]
    assert levels(record("1", image=1)) == {}


def test_values_that_differ_in_case_and_spaces_alone_are_one() -> None:
    values = ["Male", "male", "MALE", "male", "fe male", "Fe  male", "m"]
    found = levels(*(record(str(number), image=number, sex=value) for number, value in enumerate(values)))
    assert found["sex"].levels == ("male", "male", "male", "male", "Fe male", "Fe male", "m")


def test_a_copy_states_what_the_other_does_not() -> None:
    found = levels(record("1", image=1, sex=""), record("2", image=1, sex="f"), record("3", image=1, sex="F"))
    assert found["sex"] == ImageLevels(levels=("F",), contradictions=0)


def test_copies_that_contradict_each_other_state_nothing_and_are_counted() -> None:
    found = levels(record("1", image=1, sex="m"), record("2", image=1, sex="f"), record("3", image=2, sex="f"))
    assert found["sex"] == ImageLevels(levels=("", "f"), contradictions=1)


def test_images_that_are_not_in_the_table_are_refused() -> None:
    table = ImageTable.write([record("1", image=1)], classes=("a", "b"))
    with pytest.raises(DataError, match="belong to different data"):
        levels_of_images(table, ["elsewhere"])

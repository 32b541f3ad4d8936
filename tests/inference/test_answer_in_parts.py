from pathlib import Path

import numpy as np
import pytest

from medimage.inference.answer_in_parts import answer_in_parts
from medimage.inference.files_fingerprint import files_fingerprint
from medimage.inference.image_file import ImageFile, images_below
from medimage.serving.classifier import ImageClassifier
from tests.support.exported import brightness_onnx
from tests.support.images import encode


@pytest.fixture
def files(tmp_path: Path) -> tuple[ImageFile, ...]:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number:03d}.png").write_bytes(encode(np.full((40, 40), 10 * number, np.uint8)))
    return images_below(folder)


@pytest.fixture(scope="module")
def classifier() -> ImageClassifier:
    return ImageClassifier(brightness_onnx(), threads=1)


def test_parts_are_put_together_in_the_order_of_the_files(
    files: tuple[ImageFile, ...], classifier: ImageClassifier, tmp_path: Path
) -> None:
    table = answer_in_parts(classifier, files, folder=tmp_path / "parts", part_files=10)
    assert table.table["file"].to_pylist() == [file.name for file in files]
    assert table.answered == 25
    assert table.table == answer_in_parts(classifier, files, folder=tmp_path / "one", part_files=100).table


def test_a_run_goes_on_after_the_parts_that_are_there(
    files: tuple[ImageFile, ...], classifier: ImageClassifier, tmp_path: Path
) -> None:
    whole = answer_in_parts(classifier, files, folder=tmp_path / "parts", part_files=10)
    (tmp_path / "parts/000002.parquet").unlink()
    for file in files[:20]:
        # Were they asked again, they would be refused.
        file.path.write_bytes(b"")
    again = answer_in_parts(classifier, files, folder=tmp_path / "parts", part_files=10)
    assert again.table == whole.table


@pytest.mark.parametrize("damage", ["cut", "empty", "of other files"])
def test_a_part_that_is_not_what_it_should_be_is_made_anew(
    files: tuple[ImageFile, ...], classifier: ImageClassifier, tmp_path: Path, damage: str
) -> None:
    parts = tmp_path / "parts"
    whole = answer_in_parts(classifier, files, folder=parts, part_files=10)
    part = parts / "000001.parquet"
    content = {"cut": part.read_bytes()[:-9], "empty": b"", "of other files": (parts / "000000.parquet").read_bytes()}
    part.write_bytes(content[damage])
    assert answer_in_parts(classifier, files, folder=parts, part_files=10).table == whole.table


def test_a_fingerprint_changes_with_any_file(files: tuple[ImageFile, ...]) -> None:
    before = files_fingerprint(files)
    assert files_fingerprint(files) == before
    assert files_fingerprint(files[1:]) != before
    files[3].path.write_bytes(files[3].path.read_bytes() + b" ")
    changed = files_fingerprint(files)
    assert changed != before
    files[3].path.unlink()
    assert files_fingerprint(files) not in {before, changed}

"""The documentation's commands that take seconds, as they stand on the page."""

from pathlib import Path

import pytest

from tests.documentation.pages import written_files
from tests.documentation.runs import BY_ITSELF
from tests.support.desk import Desk
from tests.support.images import make_class_folders

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end]
"""Two minutes of a processor: loading the libraries, twenty times."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with images, and with the files that pages tell a reader to write."""
    desk = Desk.made_in(tmp_path_factory.mktemp("desk"))
    make_class_folders(desk.folder / "images/brain", classes=("glioma", "Glioma Tumor", "meningioma", "unclear"))
    make_class_folders(desk.folder / "images/mine", classes=("glioma", "meningioma"))
    for name in ("wheels", "weights"):
        (desk.folder / name).mkdir()
        (desk.folder / name / "file").write_bytes(name.encode())
    for name, text in written_files("docs/tutorials/own_dataset.md").items():
        (desk.folder / name).write_text(text)
    return desk


@pytest.mark.parametrize("command", BY_ITSELF)
def test_the_command_does_what_its_page_says(desk: Desk, command: str) -> None:
    wanted = BY_ITSELF[command]
    ended = desk.run(command)
    assert ended.code in wanted.codes, ended.output[-3000:]
    for words in wanted.says:
        assert words in ended.output
    assert Path(desk.folder, wanted.writes).exists()


def test_a_carried_file_that_was_changed_is_noticed(desk: Desk) -> None:
    (desk.folder / "weights/file").write_bytes(b"other")
    assert desk.run("sha256sum --check --quiet carried.sha256").code == 1

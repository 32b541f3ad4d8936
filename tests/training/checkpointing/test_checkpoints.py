import dataclasses
import logging
import math
from pathlib import Path

import pytest

from medimage.training.checkpointing.checkpoints import Checkpoints, identity_key
from tests.support.checkpoints import IDENTITY, assert_equal, checkpoint, opened, saved
from tests.support.disk import files_limited_to


def test_the_newest_checkpoint_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved(tmp_path, 9, 10)
    assert_equal(opened(tmp_path).newest(), checkpoint(10))


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    files = saved(tmp_path, 1, 2, 3, 4)
    assert [path.name.split("-")[1] for path in files] == ["0003", "0004"]


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    assert opened(tmp_path / "absent").newest() is None
    assert Checkpoints(None, identity=IDENTITY).newest() is None


@pytest.mark.parametrize("damage", ["cut off", "one bit", "empty", "other bytes"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_it_is_taken(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    newest = saved(tmp_path, 1, 2)[-1]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = {"cut off": content[:-9], "one bit": content, "empty": b"", "other bytes": b"checkpoint"}[damage]
    newest.write_bytes(damaged)
    with caplog.at_level(logging.WARNING):
        assert_equal(opened(tmp_path).newest(), checkpoint(1))
    (message,) = caplog.messages
    assert newest.name in message
    assert "SHA-256" in message
    assert str(newest.parent) in message


def test_training_begins_anew_where_every_checkpoint_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for file in saved(tmp_path, 1, 2):
        file.write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert opened(tmp_path).newest() is None
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    "other",
    [{"classes": ["ill", "healthy"]}, {"training images": "2e"}, {"recipe": {"scale": (0.8, 1.1)}}, {"new": "key"}],
)
def test_a_checkpoint_of_another_training_is_not_found(tmp_path: Path, other: dict[str, object]) -> None:
    saved(tmp_path, 1)
    assert opened(tmp_path, {**IDENTITY, **other}).newest() is None


def test_a_checkpoint_of_other_classes_that_was_put_in_the_place_is_refused_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = {**IDENTITY, "classes": ["ill", "healthy"]}
    saved(tmp_path, 1)
    (tmp_path / identity_key(IDENTITY)).rename(tmp_path / identity_key(other))
    with caplog.at_level(logging.WARNING):
        assert opened(tmp_path, other).newest() is None
    assert "belongs to another training: classes: ['ill', 'well'] there, ['ill', 'healthy'] here" in caplog.text


def test_a_format_that_this_version_does_not_know_is_not_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medimage.training.checkpointing.checkpoint.FORMAT", "2")
    saved(tmp_path, 1)
    monkeypatch.undo()
    with caplog.at_level(logging.WARNING):
        assert opened(tmp_path).newest() is None
    assert "its format is 2 and not 1" in caplog.text


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = saved(tmp_path, 1)[0].parent
    (folder / ".epoch-0002-half.1f2e").write_bytes(b"half")
    assert_equal(opened(tmp_path).newest(), checkpoint(1))
    assert len(list(folder.iterdir())) == 1


def test_a_full_disk_is_one_warning_and_leaves_no_part_of_a_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = opened(tmp_path)
    kept.save(checkpoint(1))
    large = checkpoint(2, size=100_000)
    with caplog.at_level(logging.WARNING), files_limited_to(100_000):
        kept.save(large)
        kept.save(dataclasses.replace(large, epoch=3))
    (message,) = caplog.messages
    assert str(tmp_path) in message
    assert "cannot be written" in message
    assert "Training goes on, and the next epoch is tried again" in message
    assert [path.name[:10] for path in tmp_path.rglob("*") if path.is_file()] == ["epoch-0001"]
    assert_equal(opened(tmp_path).newest(), checkpoint(1))


def test_a_place_that_is_no_folder_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    kept = opened(tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        assert kept.newest() is None
        kept.save(checkpoint(1))
        kept.finish()
    assert len(caplog.messages) == 1


def test_the_end_of_a_training_removes_its_checkpoints_alone(tmp_path: Path) -> None:
    other = {**IDENTITY, "training images": "2e"}
    opened(tmp_path).save(checkpoint(1))
    opened(tmp_path, other).save(checkpoint(2))
    opened(tmp_path).finish()
    assert opened(tmp_path).newest() is None
    assert_equal(opened(tmp_path, other).newest(), checkpoint(2))


def test_figures_that_json_has_no_word_for_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dataclasses.replace(checkpoint(1), values={"loss": math.nan}).pack(IDENTITY)

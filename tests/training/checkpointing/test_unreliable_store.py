"""Checkpoints on a disk or in a service that fails now and then."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.checkpointing.checkpoints import Checkpoints
from tests.support.checkpoints import IDENTITY, assert_equal, checkpoint, opened, saved


@dataclass(frozen=True)
class UnreliableFolder(CheckpointFolder):
    """A folder on a drive that fails.

    Attributes:
        failures: How often each operation fails before it works.
    """

    failures: dict[str, int] = field(default_factory=dict)

    def _may_fail(self, operation: str) -> None:
        if self.failures.get(operation, 0) > 0:
            self.failures[operation] -= 1
            raise OSError(5, f"Input/output error in {operation}")

    def names(self, key: str) -> list[str]:
        self._may_fail("names")
        return super().names(key)

    def read(self, key: str, name: str) -> bytes:
        self._may_fail("read")
        return super().read(key, name)

    def write(self, key: str, name: str, content: bytes) -> None:
        self._may_fail("write")
        super().write(key, name, content)

    def remove(self, key: str, name: str) -> None:
        self._may_fail("remove")
        super().remove(key, name)


def test_what_could_not_be_written_once_is_tried_again_after_the_next_epoch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = UnreliableFolder(tmp_path, {"write": 2})
    kept = Checkpoints(store, identity=IDENTITY)
    with caplog.at_level(logging.WARNING):
        for epoch in (1, 2, 3):
            kept.save(checkpoint(epoch))
        assert_equal(opened(tmp_path).newest(), checkpoint(3))
        assert len(caplog.messages) == 1, "a run of failures is told once"
        store.failures["write"] = 1
        kept.save(checkpoint(4))
        kept.save(checkpoint(5))
    assert len(caplog.messages) == 2, "the next run is told again"
    assert_equal(opened(tmp_path).newest(), checkpoint(5))


def test_a_newest_checkpoint_that_cannot_be_read_leads_to_the_one_before_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newest = saved(tmp_path, 1, 2)[-1]
    kept = Checkpoints(UnreliableFolder(tmp_path, {"read": 1}), identity=IDENTITY)
    with caplog.at_level(logging.WARNING):
        assert_equal(kept.newest(), checkpoint(1))
    (message,) = caplog.messages
    assert newest.name in message
    assert "Input/output error" in message
    kept.save(checkpoint(2))
    assert_equal(opened(tmp_path).newest(), checkpoint(2))


def test_what_was_left_half_written_does_not_hide_what_is_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (saved(tmp_path, 1)[0].parent / ".epoch-0002-half.1f2e").write_bytes(b"half")
    with caplog.at_level(logging.WARNING):
        assert_equal(Checkpoints(UnreliableFolder(tmp_path, {"remove": 1}), identity=IDENTITY).newest(), checkpoint(1))
    assert "cannot be removed" in caplog.text


def test_a_place_that_cannot_be_looked_into_is_told_and_written_to_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Checkpoints(UnreliableFolder(tmp_path, {"names": 1}), identity=IDENTITY)
    with caplog.at_level(logging.WARNING):
        assert kept.newest() is None
    assert "so training begins anew" in caplog.text
    kept.save(checkpoint(1))
    assert_equal(opened(tmp_path).newest(), checkpoint(1))


def test_damaged_checkpoints_of_later_epochs_do_not_push_out_new_ones(tmp_path: Path) -> None:
    for file in saved(tmp_path, 8, 9):
        file.write_bytes(b"")
    kept = opened(tmp_path)
    assert kept.newest() is None
    kept.save(checkpoint(1))
    kept.save(checkpoint(2))
    assert [path.name[:10] for path in sorted(tmp_path.rglob("*.safetensors"))] == ["epoch-0001", "epoch-0002"]
    assert_equal(opened(tmp_path).newest(), checkpoint(2))

import io
import zipfile

import pytest

from medimage.data.sources.zip_directory import counts_members


class _Stream(io.RawIOBase):
    """What an archive is written to that cannot go back, as over a network."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, part) -> int:
        self.content += bytes(part)
        return len(part)


def archive(members: int, *, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for number in range(members):
            written.writestr(f"{number}", b"")
        written.comment = comment
    return buffer.getvalue()


@pytest.mark.parametrize("members", [0, 1, 3, 65_534, 65_540])
def test_the_number_of_members_is_read_from_small_and_large_archives(members: int) -> None:
    content = io.BytesIO(archive(members))
    assert counts_members(content, members)
    assert not counts_members(content, members + 1)
    assert not counts_members(content, members - 1)


@pytest.mark.parametrize("comment", [b"made by hand", b"\x00\x00", b"PK", bytes(65_535)])
def test_a_comment_does_not_disturb(comment: bytes) -> None:
    content = io.BytesIO(archive(3, comment=comment))
    assert counts_members(content, 3)
    assert not counts_members(content, 2)


def test_a_counter_that_has_run_over_is_understood() -> None:
    # As written by tools that know nothing of large archives.
    content = bytearray(archive(3))
    assert counts_members(io.BytesIO(content), 3 + 2**16)


def test_an_archive_that_was_written_to_a_stream_is_understood() -> None:
    stream = _Stream()
    with zipfile.ZipFile(stream, "w") as written:  # type: ignore[arg-type]
        written.writestr("1", b"x")
        written.writestr("2", b"x")
    assert counts_members(io.BytesIO(stream.content), 2)


def test_what_has_no_end_has_no_count() -> None:
    assert not counts_members(io.BytesIO(b"PK\x03\x04 and nothing else"), 0)

"""Archives unpacked into a folder where nothing else may change."""

from pathlib import Path

import pytest

from medimage.data.sources.extraction import ExtractionLimits, extract
from medimage.errors import DataError
from tests.support.archives import tar_bytes, zip_bytes

SMALL = ExtractionLimits(always_allowed=2**20, ratio=10)
zip_and_tar = pytest.mark.parametrize("make", [zip_bytes, tar_bytes], ids=["zip", "tar"])


def unpacked(content: bytes, folder: Path, limits: ExtractionLimits | None = None) -> dict[str, bytes]:
    """Unpacks an archive into `folder/out`, and returns its files; nothing may appear beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, out = folder / "archive", folder / "out"
    archive.write_bytes(content)
    out.mkdir()
    try:
        extract(archive, out, limits=limits)
    finally:
        assert {path.name for path in folder.iterdir()} == {"archive", "out"}
        assert not any(path.is_symlink() for path in out.rglob("*"))
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def refusal(content: bytes, folder: Path, limits: ExtractionLimits | None = None) -> str:
    """Returns the message with which an archive is refused: one short line that names it."""
    with pytest.raises(DataError) as caught:
        unpacked(content, folder, limits)
    message = str(caught.value)
    assert str(folder / "archive") in message
    assert "\n" not in message
    assert len(message) < 600
    return message


def unpacked_or_refused(content: bytes, folder: Path) -> dict[str, bytes] | None:
    """Returns the files of an archive, or None where it is refused."""
    try:
        return unpacked(content, folder, SMALL)
    except DataError:
        return None

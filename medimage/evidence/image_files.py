"""Whether a folder holds the images of a run."""

import os
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from medimage.evidence.check import Check, Result
from medimage.evidence.file_hash import hash_file
from medimage.evidence.images_list import IMAGES_FILE
from medimage.evidence.manifest import Evidence
from medimage.wording import counted, listed

_CONVERTED: Final = {
    "dicom": "the run keeps of a DICOM file what it needs, so that no image of it has the hash of a file",
    "synthetic": "they were generated and never were files",
}
"""Sources whose images have other bytes than files → why."""

_TOLD: Final = 3


def compare_images(folder: Path, evidence: Evidence, images: Path | None, *, intact: Set[str]) -> Iterator[Check]:
    """Yields whether a folder holds every image that the run read, by the SHA-256 of the files.

    Args:
        folder: The run's folder.
        evidence: What the run says.
        images: Folder to look in, with all folders below it; nothing is looked for when not given.
        intact: Files of the run that are as they were written.
    """

    def told(result: Result, detail: str = "") -> Check:
        return Check(what="images", role="data", result=result, detail=detail)

    source = str(evidence.claims.get("source"))
    if source in _CONVERTED:
        yield told(
            Result.NOT_CHECKED, f"images of the source {source} cannot be compared with files: {_CONVERTED[source]}"
        )
        return
    if images is None:
        yield told(Result.NOT_CHECKED, "name the folder that holds them with --data FOLDER")
        return
    if IMAGES_FILE not in intact:
        yield told(Result.NOT_CHECKED, f"{IMAGES_FILE}, which lists them, is missing or not the one that the run wrote")
        return
    try:
        # Who writes evidence of their own may bind any content.
        table = pq.read_table(folder / IMAGES_FILE, columns=["image_id"])
        wanted = {str(image_id) for image_id in table["image_id"].to_pylist()}
    except (pa.ArrowException, KeyError, OSError) as error:
        yield told(Result.UNREADABLE, f"{IMAGES_FILE} does not list images: {error}")
        return
    found, unreadable = _hashes_below(images)
    missing = sorted(wanted - found)
    if not missing:
        yield told(Result.SAME, counted(len(wanted), "image"))
        return
    shown = listed([f"{image_id[:12]}…" for image_id in missing[:_TOLD]], total=len(missing))
    closed = f"; could not be read: {listed(unreadable, most=_TOLD)}" if unreadable else ""
    yield told(
        Result.MISSING,
        f"of {counted(len(wanted), 'image')} {len(missing):,} are not in {images}, by hash: {shown}{closed}",
    )


def _hashes_below(folder: Path) -> tuple[set[str], list[str]]:
    """Returns the SHA-256 of every file below a folder, and the names of those that cannot be read."""
    found: set[str] = set()
    unreadable: list[str] = []
    # Links are followed to files, as the sources do: an image is known by its bytes, wherever it lies.
    for parent, _, names in os.walk(folder, onerror=lambda error: unreadable.append(str(error.filename))):
        for name in names:
            path = Path(parent, name)
            try:
                found.add(hash_file(path.resolve(strict=True))[0])
            except OSError:
                unreadable.append(str(path))
    return found, unreadable

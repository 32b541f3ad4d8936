"""A Bento as one file that can be carried to another machine."""

import io
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, kw_only=True)
class BentoArchive:
    """A packed Bento, as `bentoml import FILE.bento` takes it as well.

    Attributes:
        tag: `NAME:VERSION`.
        content: The Bento's folder as a gzipped tar file.
    """

    tag: str
    content: bytes

    def __post_init__(self) -> None:
        name, _, version = self.tag.partition(":")
        if not name or not version or "/" in self.tag:
            raise ValueError(f"Expected a tag NAME:VERSION but got {self.tag!r}")

    @classmethod
    def pack(cls, folder: Path, *, tag: str) -> Self:
        """Packs a Bento's folder; times are kept, so that a copy is the same as the original."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(folder.rglob("*")):
                archive.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
        return cls(tag=tag, content=buffer.getvalue())

    def install(self, bento_home: Path) -> Path:
        """Unpacks the Bento into a store, unless it is there, and returns its folder.

        Args:
            bento_home: The store's home, as `BENTOML_HOME` names it.
        """
        name, _, version = self.tag.partition(":")
        folder = bento_home / "bentos" / name / version
        if (folder / "bento.yaml").is_file():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".partial-"))
        try:
            with tarfile.open(fileobj=io.BytesIO(self.content), mode="r:gz") as archive:
                archive.extractall(partial, filter="data")
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return folder

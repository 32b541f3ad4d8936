"""What a run's evidence says, as data."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from medimage.evidence.bound_file import BoundFile, StoredFile
from medimage.evidence.canonical_json import canonical_bytes
from medimage.evidence.errors import EvidenceError
from medimage.evidence.file_name import require_file_name

EVIDENCE_FILE: Final = "evidence.json"

SCHEMA: Final = "medimage-evidence/1"

ABOUT: Final = (
    "This file names what a run was made of and what it left, each by its SHA-256; `medimage evidence verify FOLDER` "
    "works them out anew. Its digest finds damage. It does not prove who wrote it: without a signature, whoever "
    "changes a file can write new evidence for it. With one, compare the key with a key that you got another way."
)

Fact = str | int | bool | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that a run's numbers rest on, by hash.

    Attributes:
        claims: What was trained and judged, on what, with which outcome: the same for every run that gives the same.
        packages: Versions of the packages that matter most; the whole list is the file with the role `sbom`.
        files: What the run left in its folder.
        elsewhere: What it left in the artifact store.
        circumstances: Which run it was, when and where; differs from run to run.
        logs: What trackers wrote into the folder while the run trained; absent where training came from the cache.
        unbound: Folders of trackers that change them later; what lies there is not bound.
    """

    claims: Mapping[str, Fact]
    packages: Mapping[str, str]
    files: tuple[BoundFile, ...]
    elsewhere: tuple[StoredFile, ...] = ()
    circumstances: Mapping[str, Fact] = field(default_factory=dict)
    logs: tuple[BoundFile, ...] = ()
    unbound: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_facts(self.claims)
        _require_facts(self.circumstances)
        for package, version in self.packages.items():
            if not isinstance(package, str) or not isinstance(version, str):
                raise ValueError(f"Expected versions of packages but got {package!r}: {version!r}")
        names = [file.name for file in (*self.files, *self.logs)]
        repeated = sorted(name for name, count in Counter(names).items() if count > 1)
        if repeated:
            raise ValueError(f"Expected each file once but {repeated[0]!r} is named twice")
        if EVIDENCE_FILE in names:
            raise ValueError(f"Expected evidence not to name itself but it names {EVIDENCE_FILE}")
        for folder in self.unbound:
            require_file_name(folder)

    @property
    def claims_sha256(self) -> str:
        """SHA-256 of everything but the circumstances: equal for two runs that found the same."""
        return hashlib.sha256(canonical_bytes(self._lasting())).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values with both digests; the signature comes on top."""
        values = {
            "schema": SCHEMA,
            "about": ABOUT,
            **self._lasting(),
            "circumstances": dict(self.circumstances),
            "logs": [file.to_dict() for file in _by_name(self.logs)],
            "unbound": sorted(self.unbound),
            "claims_sha256": self.claims_sha256,
        }
        return {**values, "digest": hashlib.sha256(canonical_bytes(values)).hexdigest()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the evidence from what `to_dict` gave.

        Raises:
            EvidenceError: If it is of another version, lacks something or has something more, a value is of another
                kind, or a digest is not that of the content.
        """
        if values.get("schema") != SCHEMA:
            raise EvidenceError(
                f"Expected evidence of the schema {SCHEMA} but it is of {str(values.get('schema'))[:80]!r}: verify it "
                "with the version of medimage that wrote it."
            )
        try:
            evidence = cls(
                claims=dict(values["claims"]),
                packages=dict(values["packages"]),
                files=tuple(BoundFile.from_dict(file) for file in values["files"]),
                elsewhere=tuple(StoredFile.from_dict(file) for file in values["elsewhere"]),
                circumstances=dict(values["circumstances"]),
                logs=tuple(BoundFile.from_dict(file) for file in values["logs"]),
                unbound=tuple(values["unbound"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise EvidenceError(f"Expected the evidence of a run but it does not hold together: {error}.") from error
        written = evidence.to_dict()
        if values.get("claims_sha256") != written["claims_sha256"] or values.get("digest") != written["digest"]:
            raise EvidenceError(
                "Expected the digest of the evidence to be that of its content but it is another: the evidence was "
                "changed after it was written."
            )
        if dict(values) != written:
            raise EvidenceError(
                "Expected the evidence as it is written but it has other keys or another order of files."
            )
        return evidence

    def _lasting(self) -> dict[str, Any]:
        return {
            "claims": dict(self.claims),
            "packages": dict(self.packages),
            "files": [file.to_dict() for file in _by_name(self.files)],
            "elsewhere": [
                file.to_dict() for file in sorted(self.elsewhere, key=lambda file: (file.role, file.place, file.name))
            ],
        }


def _by_name(files: Iterable[BoundFile]) -> list[BoundFile]:
    return sorted(files, key=lambda file: file.name)


def _require_facts(facts: Mapping[str, object]) -> None:
    for name, value in facts.items():
        if not isinstance(name, str) or not (value is None or isinstance(value, str | int)):
            raise ValueError(f"Expected a text, a whole number, true, false or null but {name!r} is {value!r}")

"""A test set that stays as it is, whatever images arrive later."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from medimage.data.audit.data_audit import DataAudit
from medimage.data.lock_reference import LockReference, digest_of_test_set
from medimage.data.sources.dicom.pseudonym import read_salt, salt_tag
from medimage.data.split import Split


@dataclass(frozen=True, kw_only=True)
class LockedTestSet:
    """The images of a test set, known by their hashes.

    Attributes:
        name: Name under which it is locked: `split.test_set`.
        scope: Which data it belongs to; see `lock_scope`.
        family: The same wherever the data lie; see `lock_family`.
        image_ids: SHA-256 of each image's bytes, sorted.
        labels: Class of each image.
        file_names: Where each image lay when it was locked, to find it again should it be missing.
        patients: Salted hashes of the patients, lesions or studies that the images are known to be of, sorted; see
            `hash_patients`. Those of earlier versions are hashes without a secret.
        seed: Seed that the set was drawn with.
        locked_at: When it was locked, in ISO 8601.
        lineage: The same whatever the classes are; see `lock_lineage`. Empty in sets that were locked without one.

    Raises:
        ValueError: If it is empty, an image repeats, or labels or names are missing.
    """

    name: str
    scope: str
    family: str
    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    file_names: tuple[str, ...]
    patients: tuple[str, ...]
    seed: int
    locked_at: str
    lineage: str = ""

    def __post_init__(self) -> None:
        if not self.image_ids or len(set(self.image_ids)) != len(self.image_ids):
            raise ValueError(f"Expected each image of a test set once but got {len(self.image_ids)} images")
        if not (len(self.image_ids) == len(self.labels) == len(self.file_names)):
            raise ValueError(
                f"Expected a label and a name for each of {len(self.image_ids)} images but got {len(self.labels)} and "
                f"{len(self.file_names)}"
            )

    @classmethod
    def from_split(
        cls, split: Split, audit: DataAudit, *, name: str, scope: str, family: str, seed: int, locked_at: str
    ) -> Self:
        """Locks the test images of a split.

        Args:
            split: The split that drew them.
            audit: The audit of the same images.
            name: Name to lock them under.
            scope: Which data they belong to.
            family: The same wherever the data lie.
            seed: Seed that they were drawn with.
            locked_at: The time, in ISO 8601.
        """
        test = sorted((split.image_ids[row], split.labels[row]) for row in split.rows("test"))
        ids = [image_id for image_id, _ in test]
        name_of = dict(zip(audit.usable["image_id"], audit.usable["name"], strict=True))
        # Copies of an image count as well: one may know the patient where the file that is kept does not.
        patients = audit.images.loc[audit.images["image_id"].isin(ids), "patient"]
        return cls(
            name=name,
            scope=scope,
            family=family,
            image_ids=tuple(ids),
            labels=tuple(label for _, label in test),
            file_names=tuple(name_of[image_id] for image_id in ids),
            patients=tuple(sorted(hash_patients(patients, salt=family).values())),
            seed=seed,
            locked_at=locked_at,
        )

    @cached_property
    def reference(self) -> LockReference:
        """What stands for the set in a split."""
        return LockReference(
            name=self.name, digest=digest_of_test_set(self.image_ids, self.labels), locked_at=self.locked_at
        )

    @cached_property
    def division_hash(self) -> str:
        """SHA-256 of all by which it decides how images are divided, wherever they lie."""
        return hashlib.sha256(repr((self.reference, self.patients)).encode()).hexdigest()

    def knows_patients(self) -> bool:
        """Returns whether patients can be compared with its own: not where another workspace's secret salts them."""
        tags = {tag for tag, dash, _ in (patient.partition("-") for patient in self.patients) if dash}
        return not tags or tags == {salt_tag(read_salt())}

    def patients_among(self, patients: Iterable[str]) -> set[str]:
        """Returns those of the given patients that its images are known to be of.

        Args:
            patients: Names of patients, lesions or studies; empty ones are not known and left out.
        """
        own, names = set(self.patients), list(patients)
        hashed = hash_patients(names, salt=self.family)
        earlier = {name: hashlib.sha256(_message(self.family, name)).hexdigest() for name in hashed}
        return {name for name in hashed if hashed[name] in own or earlier[name] in own}

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the set from what `to_dict` gave."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})


def hash_patients(patients: Iterable[str], *, salt: str) -> dict[str, str]:
    """Returns what stands for each known patient: which secret salts it, a dash, and the HMAC-SHA-256.

    A hash without a secret would hide nobody: there are few names, and all can be tried.

    Args:
        patients: Names of patients, lesions or studies; empty ones are not known and left out.
        salt: The data that the names belong to, the `family` of a test set; the workspace's secret goes in beside it.

    Raises:
        StorageError: If the secret of the workspace cannot be kept; see `read_salt`.
    """
    secret = read_salt()
    tag = salt_tag(secret)
    return {
        patient: f"{tag}-{hmac.new(secret, _message(salt, patient), hashlib.sha256).hexdigest()}"
        for patient in sorted(set(patients))
        if patient
    }


def _message(salt: str, patient: str) -> bytes:
    return f"{salt}\n{patient}".encode()

"""Mean and standard deviation on file, with what they were measured on."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from medimage.data.statistics import NormalizationStats
from medimage.errors import DataError
from medimage.serving.preprocessing import PREPROCESSING_VERSION
from medimage.whole_file import write_whole


class SavedNormalization(BaseModel):
    """What `medimage stats save` writes and a run reads.

    Attributes:
        mean: Mean of each channel, in [0, 1].
        std: Population standard deviation of each channel, in (0, 0.5].
        input_size: Height and width the images had, in pixels.
        images: Number of training images.
        data_hash: SHA-256 over the training images' own hashes, in whatever order they came.
        preprocessing: Version of the decoding and resizing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...]
    std: tuple[float, ...]
    input_size: int
    images: int
    data_hash: str
    preprocessing: str

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self._statistics()
        return self

    def _statistics(self) -> NormalizationStats:
        return NormalizationStats(
            mean=self.mean, std=self.std, input_size=self.input_size, images=self.images, source="training"
        )

    @classmethod
    def of(cls, statistics: NormalizationStats, *, image_ids: Sequence[str]) -> Self:
        """Joins statistics with the images that they were measured on.

        Args:
            statistics: Those of the training images.
            image_ids: The training images.
        """
        return cls(
            mean=statistics.mean,
            std=statistics.std,
            input_size=statistics.input_size,
            images=statistics.images,
            data_hash=training_hash(image_ids),
            preprocessing=PREPROCESSING_VERSION,
        )

    def for_images(self, image_ids: Sequence[str], *, input_size: int, channels: int) -> NormalizationStats:
        """Returns the statistics, which must be those of just these images.

        Args:
            image_ids: The training images of the run.
            input_size: Height and width of the network's input, in pixels.
            channels: 1 or 3.

        Raises:
            DataError: If they were measured on other images, at another size, in other colours or decoded otherwise.
        """
        differences = [
            f"{name} is {ours} in the run but {theirs} in the file"
            for name, ours, theirs in (
                ("the hash of the training images", training_hash(image_ids), self.data_hash),
                ("the number of training images", len(image_ids), self.images),
                ("the input size", input_size, self.input_size),
                ("the number of channels", channels, len(self.mean)),
                ("the version of decoding", PREPROCESSING_VERSION, self.preprocessing),
            )
            if ours != theirs
        ]
        if differences:
            raise DataError(
                f"Expected the saved mean and standard deviation to belong to this run, but {'; '.join(differences)}. "
                "Write the file anew with medimage stats save, or set model.normalization_file to null."
            )
        return self._statistics()

    def write(self, path: Path) -> None:
        """Writes a file, whole or not at all.

        Raises:
            StorageError: If it cannot be written.
        """
        write_whole(path, self.model_dump_json(indent=2).encode() + b"\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a file.

        Raises:
            DataError: If it is missing, or not what `write` writes.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise DataError(
                f"{path.absolute()} cannot be read: {error.strerror}. medimage stats save writes such a file."
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole file"
            raise DataError(
                f"Expected {path.absolute()} to hold a mean and standard deviation but {where} is wrong: "
                f"{first['msg']}. Write it anew with medimage stats save."
            ) from error


def training_hash(image_ids: Sequence[str]) -> str:
    """Returns the SHA-256 over the ids of images, which does not depend on their order."""
    return hashlib.sha256("\n".join(sorted(image_ids)).encode()).hexdigest()

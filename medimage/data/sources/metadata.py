"""What a source's columns or elements say of its images, ready to be stored."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medimage.config.metadata import MetadataColumns
from medimage.data.number_bands import band_of, number_in
from medimage.data.stated_value import stated_value
from medimage.errors import DataError
from medimage.wording import listed, shortened

logger = logging.getLogger(__name__)

_SHOWN = 3


@dataclass(frozen=True)
class Metadata:
    """Metadata of the images of one source.

    Attributes:
        by_image: Name of the image → name of the metadata → value; empty where it is not stated.
        notes: What a reader of the report should know about values that could not be used, in sentences.
    """

    by_image: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]

    @classmethod
    def read(
        cls,
        columns: MetadataColumns,
        written: Mapping[str, Sequence[str]],
        *,
        where: str,
        values_told: bool = True,
    ) -> "Metadata":
        """Puts numbers into bands, and takes away what only means that nobody knows.

        Args:
            columns: Name of the metadata → where it stands, and the bands.
            written: Name of the image → a value as written for each of `columns`, in their order.
            where: Where they stand, such as `table.csv`.
            values_told: Whether messages may repeat a value. In DICOM files it may name a person.

        Raises:
            DataError: If there are bands for values of which none is a number.
        """
        by_image: dict[str, dict[str, str]] = {name: {} for name in written}
        notes: list[str] = []
        for place, (metadata, column) in enumerate(columns.items()):
            values = {name: stated_value(cells[place]) for name, cells in written.items()}
            if column.bands is not None:
                place_told = f"{column.column!r} in {where}"
                values, told = _into_bands(values, column.bands, metadata, where=place_told, values_told=values_told)
                notes += told
            for name, value in values.items():
                by_image[name][metadata] = value
        for note in notes:
            logger.warning("%s", note)
        return cls(by_image, tuple(notes))


def _into_bands(
    values: Mapping[str, str], limits: Sequence[float], metadata: str, *, where: str, values_told: bool
) -> tuple[dict[str, str], list[str]]:
    numbers = {name: number_in(value) for name, value in values.items()}
    words = Counter(value for name, value in values.items() if value and numbers[name] is None)
    below = sum(number is not None and number < limits[0] for number in numbers.values())
    examples = ""
    if values_told and words:
        most = [shortened(value) for value, _ in sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))]
        examples = f", such as {listed(most[:_SHOWN])}"
    if words and words.total() == sum(bool(value) for value in values.values()):
        raise DataError(
            f"data.metadata.{metadata} has bands, but none of the {words.total()} values of {where} is a "
            f"number{examples}. Expected numbers, or ages such as 045Y. Name another column, or leave the bands out."
        )
    notes = []
    if words:
        notes.append(
            f"{words.total()} of {len(values)} images have no number as {metadata} ({where}){examples}: it "
            "counts as not stated."
        )
    if below:
        notes.append(
            f"{below} of {len(values)} images are below the first band of {metadata}, which begins at {limits[0]:g} "
            f"({where}): it counts as not stated."
        )
    bands = {name: "" if number is None else band_of(number, limits) or "" for name, number in numbers.items()}
    return bands, notes

"""Procedural chest phantoms as a source of images: the quickstart needs no download."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from medimage.config.sources import SyntheticConfig
from medimage.data.image_record import ImageRecord
from medimage.data.synthetic import PHANTOM_CLASSES, encode_png, generate_phantoms


@dataclass(frozen=True)
class SyntheticSource:
    """Generated images.

    Attributes:
        config: How many, how large, and the seed.
    """

    config: SyntheticConfig

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of a model's outputs."""
        return tuple(sorted(PHANTOM_CLASSES))

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        """Always empty: everything generated is an image."""
        return ()

    @property
    def files_found(self) -> int:
        """The number of generated images, because there is nothing else."""
        return len(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """Always empty: nothing is read otherwise than it was generated."""
        return ()

    def __len__(self) -> int:
        return len(PHANTOM_CLASSES) * self.config.patients_per_class * self.config.images_per_patient

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every phantom, or those called `names`, as a PNG file."""
        for phantom in generate_phantoms(
            patients_per_class=self.config.patients_per_class,
            images_per_patient=self.config.images_per_patient,
            image_size=self.config.image_size,
            seed=self.config.seed,
        ):
            name = f"{phantom.class_name}/{phantom.name}.png"
            if names is not None and name not in names:
                continue
            yield ImageRecord(
                name=name,
                encoded=encode_png(phantom.pixels),
                label=phantom.class_name,
                group=phantom.patient,
                origin=phantom.scanner,
                lesion_boxes=phantom.lesion_boxes,
            )

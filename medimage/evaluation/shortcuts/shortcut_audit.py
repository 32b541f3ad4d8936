"""What was found about shortcuts and leakage."""

from dataclasses import dataclass, field
from typing import Any, Self

from medimage.config.shortcuts import ShortcutConfig
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.leakage import Leakage
from medimage.evaluation.shortcuts.recognition import Recognition

MEMORY_MARGIN = 0.01
"""Balanced accuracy on permuted labels beyond chance that is worth a word."""


@dataclass(frozen=True, kw_only=True)
class ShortcutAudit:
    """How a model could be right without knowing medicine, measured with cheap probes.

    Attributes:
        images: Images that were looked at.
        of_images: Images there are.
        groups: Independent cases among those looked at.
        class_origins: Class → origin → images, of all there are; one empty mapping per class where no origin is known.
        rare_classes: Classes that the probes leave out → independent cases among the images looked at.
        rare_origins: Origins that are not asked for at the border → the same.
        leakage: What a random split would have hidden.
        class_from_border: The class, told from the border alone.
        origin_from_border: The origin, told from the border alone.
        class_from_origin: The class, told from the origin alone, without any image; over more of them.
        association: Cramér's V between class and origin, over all images there are.
        config: The thresholds.
        border_examples: Borders of a few images of each class, as PNG.
    """

    images: int
    of_images: int
    groups: int
    class_origins: dict[str, dict[str, int]]
    rare_classes: dict[str, int]
    rare_origins: dict[str, int]
    leakage: Leakage
    class_from_border: Recognition
    origin_from_border: Recognition
    class_from_origin: Recognition
    association: Estimate
    config: ShortcutConfig
    border_examples: bytes = field(repr=False)

    @property
    def is_confounded(self) -> bool:
        """Whether class and origin go together, by the lower limit of their association."""
        # A limit that is NaN is below every threshold.
        return self.association.low >= self.config.association

    @property
    def may_be_confounded(self) -> bool:
        """Whether there are too few cases to say that class and origin are not confounded."""
        return not self.is_confounded and self.association.high >= self.config.association

    @property
    def classes_by_origin(self) -> tuple[str, ...]:
        """Single classes that are recognised by the origin alone."""
        return self.class_from_origin.answers_from(self.config.origin_shortcut_of_class)

    @property
    def border_tells_class(self) -> bool:
        """Whether the border alone leads further towards the class than anything at the rim explains."""
        return self.class_from_border.gain >= self.config.border_shortcut

    @property
    def border_may_tell_class(self) -> bool:
        """Whether there are too few cases to say that the border alone does not lead that far."""
        told = self.class_from_border
        return not self.border_tells_class and told.way(told.balanced_accuracy.high) >= self.config.border_shortcut

    @property
    def classes_at_border(self) -> tuple[str, ...]:
        """Single classes that are recognised at the border alone."""
        return self.class_from_border.answers_from(self.config.border_shortcut_of_class)

    @property
    def random_split_leaks(self) -> bool:
        """Whether a random split would have given better numbers, by the lower limit of the difference."""
        return self.leakage.difference.low > 0

    @property
    def remembers_groups(self) -> bool:
        """Whether under a random split even permuted labels are recognised."""
        return self.leakage.random_labels_random.low > self.leakage.chance + MEMORY_MARGIN

    @property
    def control_holds(self) -> bool:
        """Whether permuted labels are at chance where groups stay together; also where nothing was computed.

        Chance may lie outside the 95 % interval by half its width: a sound control then fails once in ten thousand
        runs, not once in twenty, while one that is broken misses by far more.
        """
        control = self.leakage.random_labels_grouped
        if not control.has_interval:
            return True
        tolerance = max(MEMORY_MARGIN, control.high - control.low)
        return abs(control.value - self.leakage.chance) <= tolerance

    def exclusive_origins(self) -> dict[str, str]:
        """Returns the classes whose images all have one origin that no other class has."""
        classes_of: dict[str, set[str]] = {}
        for name, origins in self.class_origins.items():
            for origin in origins:
                classes_of.setdefault(origin, set()).add(name)
        return {
            name: next(iter(origins))
            for name, origins in self.class_origins.items()
            if len(origins) == 1 and classes_of[next(iter(origins))] == {name}
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values, all but the picture."""
        return {
            "images": self.images,
            "of_images": self.of_images,
            "groups": self.groups,
            "class_origins": self.class_origins,
            "rare_classes": self.rare_classes,
            "rare_origins": self.rare_origins,
            "leakage": self.leakage.to_dict(),
            "class_from_border": self.class_from_border.to_dict(),
            "origin_from_border": self.origin_from_border.to_dict(),
            "class_from_origin": self.class_from_origin.to_dict(),
            "association": self.association.to_dict(),
            "config": self.config.model_dump(mode="json"),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, border_examples: bytes) -> Self:
        """Builds the audit from what `to_dict` gave, and the picture."""
        return cls(
            images=values["images"],
            of_images=values["of_images"],
            groups=values["groups"],
            class_origins=values["class_origins"],
            rare_classes=values["rare_classes"],
            rare_origins=values["rare_origins"],
            leakage=Leakage.from_dict(values["leakage"]),
            class_from_border=Recognition.from_dict(values["class_from_border"]),
            origin_from_border=Recognition.from_dict(values["origin_from_border"]),
            class_from_origin=Recognition.from_dict(values["class_from_origin"]),
            association=Estimate.from_dict(values["association"]),
            config=ShortcutConfig(**values["config"]),
            border_examples=border_examples,
        )

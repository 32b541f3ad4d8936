"""From the names found in data to the classes of a problem."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from medimage.config.class_names import canonical_name
from medimage.errors import ConfigurationError


@dataclass(frozen=True)
class LabelMap:
    """The rule that turns a folder's or manifest's name into a class.

    Attributes:
        classes: Class names in the order of a model's outputs.
        spellings: Canonical name → class, or None for names that are left out knowingly.
    """

    classes: tuple[str, ...]
    spellings: Mapping[str, str | None]

    @classmethod
    def build(
        cls,
        *,
        classes: Literal["auto"] | Sequence[str],
        labels: Mapping[str, str],
        ignored_labels: Sequence[str],
        found: Sequence[str],
    ) -> "LabelMap":
        """Builds the rule for the names `found` in the data.

        With `auto`, every name found is a class unless `labels` maps it, and nothing is ignored.
        """
        mapped = {canonical_name(name): label for name, label in labels.items()}
        if classes == "auto":
            by_canonical = {canonical_name(name): name for name in sorted(found, reverse=True)}
            spellings = {name: mapped.get(name, original) for name, original in by_canonical.items()}
            return cls(tuple(sorted(set(spellings.values()))), spellings)
        ignored = {canonical_name(name) for name in ignored_labels}
        listed = {canonical_name(name): name for name in classes}
        # A spelling of a class that is left out is left out with it, so that a configuration can be narrowed.
        spellings = {name: None if canonical_name(label) in ignored else label for name, label in mapped.items()}
        return cls(tuple(classes), {**dict.fromkeys(ignored), **spellings, **listed})

    def resolve(self, name: str, *, where: str) -> str | None:
        """Returns the class of `name`, or None where it is left out knowingly.

        Raises:
            ConfigurationError: If the configuration does not know the name.
        """
        key = canonical_name(name)
        if key in self.spellings:
            return self.spellings[key]
        close = difflib.get_close_matches(key, [canonical_name(known) for known in self.classes], n=1, cutoff=0.4)
        nearest = next((known for known in self.classes if close and canonical_name(known) == close[0]), None)
        hint = f" The nearest class is {nearest!r}: map it with data.labels: {{{name}: {nearest}}}," if nearest else ""
        otherwise = "or leave" if nearest else " Map it to a class with data.labels, leave"
        raise ConfigurationError(
            f"{where} has the label {name!r}, which is not among the classes {list(self.classes)}.{hint}"
            f"{otherwise} it out with data.ignored_labels: [{name}], or take all classes from the data with "
            "data.classes: auto."
        )

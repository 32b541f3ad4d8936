"""Paths under which files may be stored and told: a folder or file that could be called by a patient gets a pseudonym.

A name is kept where it plainly tells nobody and is no identifier in a header. That it is in none is not enough: headers
are cut, emptied, or name the patient `PID-77431` whose folder is called `77431`.
"""

from dataclasses import dataclass, field

from medimage.data.sources.dicom.identifiers import is_called_by
from medimage.data.sources.dicom.plain_names import is_plain_name
from medimage.data.sources.dicom.pseudonym import pseudonym
from medimage.data.sources.file_names import written_name
from medimage.data.sources.suffixes import dicom_suffix


@dataclass(frozen=True)
class PublicNames:
    """What to call the files of one tree.

    The identifiers of all its files count for each path: a file may lie in the folder of a patient whom it does not
    name itself. Equal names of folders get equal pseudonyms, and different ones different.

    Attributes:
        identifiers: Of all files together, as `read_identifiers` gives them.
        salt: The secret, of `read_salt`.
    """

    identifiers: frozenset[str] = field(repr=False)
    salt: bytes = field(repr=False)
    _known: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def name(self, path: str, *, kept: int) -> str:
        """Returns the path with pseudonyms, as it can be written.

        Args:
            path: Path below the folder of the data.
            kept: So many folders from the left are those of a split or class, and keep their names.
        """
        components = path.split("/")
        return written_name("/".join([*components[:kept], *map(self._component, components[kept:])]))

    def reason(self, reason: str, path: str) -> str:
        """Returns why a file is skipped, such as `in the hidden folder .name`, with the pseudonym of that folder."""
        for component in path.split("/"):
            reason = reason.replace(f" folder {written_name(component)}", f" folder {self.name(component, kept=0)}")
        return reason

    def _component(self, component: str) -> str:
        if component not in self._known:
            is_kept = is_plain_name(component) and not is_called_by(component, self.identifiers)
            self._known[component] = (
                component if is_kept else pseudonym("name", component, salt=self.salt) + dicom_suffix(component)
            )
        return self._known[component]

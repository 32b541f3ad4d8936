"""Every file below a folder: a DICOM image, or skipped for a reason. Names tell no patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from medimage.config.dicom import DicomConfig
from medimage.data.sources.dicom.entries import DicomEntry, Identity, read_entry
from medimage.data.sources.dicom.grouping import Groups
from medimage.data.sources.dicom.pseudonym import read_salt
from medimage.data.sources.dicom.public_names import PublicNames
from medimage.data.sources.dicom.untold import untold
from medimage.data.sources.file_names import written_name
from medimage.data.sources.file_reading import why_no_file
from medimage.data.sources.files_below import names_below, why_left_alone
from medimage.data.sources.place import Place
from medimage.progress import track


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The files below a folder.

    Attributes:
        files_found: How many there are, each as often as it has frames, counted one by one while listing.
        entries: Images, in the order of their paths.
        names: Path of each image → the name under which it may be stored and told.
        renamed: How many names, of all files, are not the path.
        skipped: Names of the other files, with the reason.
        groups: Which of them a split keeps together.
        identifiers: What no path or class may tell, of `read_identifiers`. It must not be stored or told.
    """

    files_found: int
    entries: tuple[DicomEntry, ...]
    names: Mapping[str, str]
    renamed: int
    skipped: tuple[tuple[str, str], ...]
    groups: Groups
    identifiers: frozenset[str] = field(repr=False)


def list_dicom(root: Path, config: DicomConfig, *, elements: Sequence[str] = ()) -> Listing:
    """Reads the headers of all files below a folder.

    Args:
        root: The folder.
        config: How files are read.
        elements: Keywords of the elements that are metadata.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a file or folder cannot be read.
        StorageError: If the salt of pseudonyms cannot be kept.
    """
    files_found = 0
    entries: list[DicomEntry] = []
    skipped: dict[str, str] = {}
    identities: list[Identity] = []
    # The workspace, which keeps the salt, may lie below the folder: what is made in it now was not there.
    paths = list(names_below(root, told=partial(untold, root)))
    salt = read_salt()
    for path in track(paths, description="Reading DICOM headers", total=len(paths)):
        reason = _why_unread(root, path, config)
        found, identity = (
            (reason, Identity()) if reason else read_entry(root, path, config, salt=salt, elements=elements)
        )
        identities.append(identity)
        if isinstance(found, DicomEntry):
            entries.append(found)
            files_found += found.frames
        else:
            skipped[path] = found
            files_found += 1
    groups = Groups(identities, by=config.group_by)
    with_classes = config.labels_from == "folders"
    places = {path: Place.of(path, with_classes=with_classes) for path in paths}
    classes = {places[entry.path].label for entry in entries} - {""}
    identifiers = frozenset[str]().union(*(identity.identifiers for identity in identities))
    public = PublicNames(identifiers, salt)
    names = {
        # A folder without images is no class, and may be called by anything.
        path: public.name(path, kept=place.above if place.label in classes else int(bool(place.split)))
        for path, place in places.items()
    }
    # The configuration, which is stored, names the label table.
    names |= {path: written_name(path) for path in paths if _is_table(root, path, config)}
    return Listing(
        files_found=files_found,
        entries=tuple(entries),
        names=names,
        renamed=sum(name != written_name(path) for path, name in names.items()),
        skipped=tuple((names[path], public.reason(reason, path)) for path, reason in skipped.items()),
        groups=groups,
        identifiers=identifiers,
    )


def _is_table(root: Path, path: str, config: DicomConfig) -> bool:
    return config.table is not None and root / path == root / config.table


def _why_unread(root: Path, path: str, config: DicomConfig) -> str | None:
    if _is_table(root, path, config):
        return "read as the label table"
    return why_left_alone(path) or why_no_file(root / path)

"""What a reader of the report should know about how DICOM files were grouped and named."""

from collections.abc import Collection, Iterator

from medimage.config.dicom import DicomConfig
from medimage.data.sources.dicom.entries import DicomEntry
from medimage.data.sources.dicom.listing import Listing


def notes_on(listing: Listing, used: Collection[DicomEntry], config: DicomConfig) -> Iterator[str]:
    """Yields sentences.

    Args:
        listing: All files.
        used: Those that have become images.
        config: How they were read.
    """
    groups = {entry.path: listing.groups.of(entry.identity) for entry in used}
    studies = sum(group.startswith("study-") for group in groups.values())
    if config.group_by == "patient" and studies:
        yield f"{studies} of {len(used)} DICOM files name no patient: they are grouped by their study."
    alone = sum(not group for group in groups.values())
    if alone:
        yield f"{alone} of {len(used)} DICOM files name no patient or study: each is a group of its own."
    all_studies = {entry.identity.study for entry in used}
    if len(set(groups.values())) == 1 < len(all_studies):
        yield (
            f"All {len(used)} DICOM files name one patient, but {len(all_studies)} studies: if that is a "
            "placeholder, set data.dicom.group_by: study."
        )
    if config.group_by == "patient":
        yield from _joined(listing)
    if listing.renamed:
        yield (
            f"{listing.renamed} of {len(listing.names)} paths could name patients: pseudonyms stand for these folders "
            "and files. Where the data and the salt are, DicomSource.path_of(name) tells the path."
        )


def _joined(listing: Listing) -> Iterator[str]:
    issued = sum(len(issuers) > 1 for issuers in listing.groups.issuers.values())
    if issued:
        yield (
            f"{issued} patient identifiers come from several issuers: whoever has the same identifier is taken for one "
            "patient."
        )
    shared = sum(len(patients) > 1 for patients in listing.groups.patients.values())
    if shared:
        yield f"{shared} studies name several patients: these are taken for one patient each."

"""Classes that are called by patients are refused: names of classes are stored and told everywhere."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from medimage.data.sources.dicom.identifiers import is_called_by
from medimage.data.sources.dicom.plain_names import is_plain_class
from medimage.errors import DataError

_PERSON_NAME = re.compile(r"[^\W\d_]\^+[^\W\d_]")
"""Names of a person with what the standard puts between them (PS3.5, 6.2.1): such as `Quixano^Alonso`."""


def refuse_patients_as_classes(
    labelled: Iterable[tuple[str, str]], identifiers: Collection[str], *, where: str, remedy: str
) -> None:
    """Refuses labels that hold a name or identifier of a patient in any header, whoever's file has the label.

    A word for what images show may be somebody's name too, and a class 1 is not the patient 1. Such a label is refused
    only where all its files are of one patient: then it is no class. A label that is written as persons are in DICOM is
    one's name also where no header has it.

    Args:
        labelled: Label of each file, as written, and the pseudonym of its patient, which may be empty.
        identifiers: Of all files, as `read_identifiers` gives them.
        where: Where the labels are, as a message goes on.
        remedy: What to do about it, in a sentence.

    Raises:
        DataError: If there are such labels. It does not repeat them.
    """
    patients: defaultdict[str, set[str]] = defaultdict(set)
    for label, patient in labelled:
        patients[label].add(patient)
    refused = [
        label
        for label, held in patients.items()
        if _PERSON_NAME.search(label)
        or (is_called_by(label, identifiers) and not (is_plain_class(label) and len(held - {""}) > 1))
    ]
    if refused:
        raise DataError(
            f"Expected names of classes {where} but {len(refused)} of {len(patients)} are called by a patient, as "
            f"headers or their own spelling tell; they would be stored and told. {remedy}"
        )

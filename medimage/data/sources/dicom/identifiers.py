"""What in a header tells who a patient is, and whether a folder or file is called by it.

Exports name folders after patients: `Quixano^Alonso_PID-77431/1.dcm`. Both are compared without case, accents and what
is neither letter nor digit, since an export changes these; so does it write Mueller for Müller, Lukasiewicz for
Łukasiewicz, AQuixano for Alonso Quixano, and 0077431 for 77431.
"""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from itertools import permutations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medimage.data.sources.dicom.values import text_of
from medimage.data.sources.suffixes import dicom_suffix
from medimage.serving.refusal import ImageRefusedError

_NUMBERS = (
    "PatientID",
    "OtherPatientIDs",
    "AccessionNumber",
    "AdmissionID",
    "ClinicalTrialSubjectID",
    "StudyID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "FrameOfReferenceUID",
)
_NAMES = ("PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName")

LONGEST_COUNT = 3
"""A study's identifier is often its number within a patient. Up to so many digits, it tells nobody; and zeros before so
few are not taken away, because files are counted so."""

_SHORTEST_PART = 4
"""From so many letters on, an identifier is found within a word too, such as 77431 in PID77431."""

_MOST_NAME_PARTS = 4
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "đ": "d", "ð": "d", "þ": "th"} | {"ħ": "h", "ŧ": "t", "\u0131": "i"}
)
"""Letters that do not come apart into one and an accent."""

_WRITTEN_OUT = re.compile(r"(?<=a)[ae]|(?<=[ou])e")
"""The second letter of an umlaut, or of a Danish or Norwegian vowel, that is written as two."""

_SHORTEST_FOLDED = 3
_ZEROS = re.compile(r"(?<!\d)0+(?=\d{4})")
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[A-Z]*[^\W\d_A-Z]+|[A-Z]+")
"""Digits, or letters up to the next capital: parts of a word."""


def read_identifiers(dataset: Dataset) -> frozenset[str]:
    """Returns what identifies the patient of a file, ready for `is_called_by`.

    Elements that are damaged are left out: there is nothing to compare with. Other files of the patient name it.
    """
    found: set[str] = set()
    for keyword in _NUMBERS:
        for value in _values(dataset, keyword):
            number = "".join(_words(value))
            if keyword != "StudyID" or len(number) > LONGEST_COUNT:
                found.add(_folded(number))
    with suppress(ImageRefusedError):
        date = text_of(dataset, "PatientBirthDate")
        year, month, day = date[:4], date[4:6], date[6:8]
        found.update(map(_folded, (year + month + day, day + month + year, month + day + year) if day else ()))
    for keyword in _NAMES:
        for value in _values(dataset, keyword):
            # An alphabetic, an ideographic and a phonetic form (PS3.5, 6.2.1.2).
            for form in value.split("="):
                found |= _name(form)
    return frozenset(found - {""})


def is_called_by(component: str, identifiers: Collection[str]) -> bool:
    """Returns whether the name of a folder or file holds one of the identifiers.

    Args:
        component: One part of a path.
        identifiers: Of `read_identifiers`; of one file or of many.
    """
    words = _words(component.removesuffix(dicom_suffix(component)))
    if any(_folded(run) in identifiers for run in _runs(words)):
        return True
    parts = [part for word in words for part in _PART.findall(word)]
    return any(len(run) >= _SHORTEST_PART and _folded(run) in identifiers for run in _runs(parts))


def _name(form: str) -> set[str]:
    words = _words(form)
    whole = permutations(words) if len(words) <= _MOST_NAME_PARTS else [tuple(words)]
    found = {*words, *("".join(order) for order in whole)}
    for word, other in permutations(words[:_MOST_NAME_PARTS], 2):
        found |= {other[0] + word, word + other[0]}
    return {_folded(name) for name in found if len(name) > 1}


def _values(dataset: Dataset, keyword: str) -> list[str]:
    values = []
    with suppress(ImageRefusedError):
        values += text_of(dataset, keyword).split("\\")
    if keyword == "OtherPatientIDs":
        items = dataset.get("OtherPatientIDsSequence")
        for item in items if isinstance(items, Sequence) else ():
            values += _values(item, "PatientID")
    return values


def _words(text: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _WORD.findall(plain)


def _folded(run: str) -> str:
    """Returns letters and digits as all spellings of them have them in common."""
    if run.isdigit() and not run.startswith("0"):
        return run
    plain = run.casefold().translate(_LETTERS)
    short = _WRITTEN_OUT.sub("", plain)
    return _ZEROS.sub("", short if len(short) >= _SHORTEST_FOLDED else plain)


def _runs(parts: list[str]) -> set[str]:
    """Returns every run of neighbours as one word."""
    return {"".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)}

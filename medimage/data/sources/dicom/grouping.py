"""Which files a split keeps together: those of a patient, and those of the studies that name the patient.

Where it is not certain that two files are of one patient, they are taken for it: two patients in one group cost a few
images, one patient in two groups costs the test its meaning.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from medimage.data.sources.dicom.entries import Identity


class Groups:
    """Groups of the files of one tree.

    A patient is known by the identifier alone: who issued it is often missing, or written in another way. Patients whom
    one study names are one group: a study has one patient (PS3.3, A.1.2), who has been given another identifier.
    """

    def __init__(self, identities: Iterable[Identity], *, by: Literal["patient", "study"]) -> None:
        self._by = by
        self._above: dict[str, str] = {}
        self.issuers: defaultdict[str, set[str]] = defaultdict(set)
        """Patient → who issued the identifier, as far as files say it."""
        self.patients: defaultdict[str, set[str]] = defaultdict(set)
        """Study → whom its files name."""
        for identity in identities:
            if identity.patient and identity.issuer:
                self.issuers[identity.patient].add(identity.issuer)
            if identity.patient and identity.study:
                self.patients[identity.study].add(identity.patient)
                self._join(identity.patient, identity.study)

    def of(self, identity: Identity) -> str:
        """Returns the group of a file; empty where it names neither patient nor study."""
        if self._by == "study":
            return identity.study or identity.patient
        return self._first(identity.patient or identity.study)

    def _join(self, one: str, other: str) -> None:
        # Groups are called by the pseudonym that comes first: a patient's before a study's.
        first, second = sorted((self._first(one), self._first(other)))
        if first != second:
            self._above[second] = first

    def _first(self, member: str) -> str:
        path = []
        while member in self._above:
            path.append(member)
            member = self._above[member]
        for passed in path:
            self._above[passed] = member
        return member

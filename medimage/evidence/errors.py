"""Evidence that cannot be read or is not what it says."""

from medimage.errors import MedimageError


class EvidenceError(MedimageError):
    """The evidence of a run is missing, damaged, or of another version."""

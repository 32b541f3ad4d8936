"""How the evidence of a run is signed."""

from pathlib import Path

from medimage.config.section import Section


class EvidenceConfig(Section):
    """The file `evidence.json` that names everything a run's numbers rest on, by hash."""

    signing_key: Path | None = None
    """File of the private Ed25519 key, as PEM, that signs the evidence; `medimage evidence keygen` makes one. When not
    given, the one that the variable MEDIMAGE_SIGNING_KEY names; nobody signs where that is not set. The key itself
    never stands in a configuration."""

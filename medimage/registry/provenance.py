"""What a model came from, by hash."""

import re
from dataclasses import asdict, dataclass

# Hashes and names of runs. They stand in search filters of the tracking server, where a quote would end the text.
_IDENTIFIER = re.compile(r"[\w.:-]+")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The run, configuration, data and evidence behind a model.

    Attributes:
        run_id: Identifies the pipeline run; every step of one run gives the same.
        config_hash: Hash of the validated configuration.
        data_hash: Hash of the images and labels.
        evidence_hash: Hash of the evaluation and the gate report.
    """

    run_id: str
    config_hash: str
    data_hash: str
    evidence_hash: str

    def __post_init__(self) -> None:
        for name, value in self.to_dict().items():
            if not _IDENTIFIER.fullmatch(value):
                raise ValueError(f"Expected {name} to hold letters, digits, '_', '.', ':' or '-' but got {value!r}")

    def to_dict(self) -> dict[str, str]:
        """Returns JSON-ready values."""
        return asdict(self)

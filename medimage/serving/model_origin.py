"""What an exported model was made from, by hash."""

import re
from dataclasses import dataclass

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class ModelOrigin:
    """Binds an exported model to the trained weights and the data behind it.

    The configuration is not among them: most of its keys do not touch a model, and the same model must be the same
    file. The model card, which is made for one run, names it.

    Attributes:
        weights_sha256: SHA-256 of the trained weights (safetensors), in hexadecimal; one for each network of an
            ensemble.
        data_sha256: SHA-256 that stands for images, labels, groups and parts of the split, in hexadecimal, as the card
            and the summary of the run have it.
    """

    weights_sha256: tuple[str, ...]
    data_sha256: str

    def __post_init__(self) -> None:
        for value in (*self.weights_sha256, self.data_sha256):
            if not _SHA256.fullmatch(value):
                raise ValueError(f"Expected the SHA-256 as 64 hexadecimal digits but got {value!r}")
        if not self.weights_sha256:
            raise ValueError("Expected the SHA-256 of at least one network's weights but got none")

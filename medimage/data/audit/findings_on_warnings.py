"""What decoders warn of in files that are used all the same."""

import pandas as pd

from medimage.data.audit.data_audit import Finding
from medimage.wording import counted, listed

_EXAMPLES = 3


def findings_on_warnings(images: pd.DataFrame, warnings: dict[str, str]) -> list[Finding]:
    """Counts the usable images that a decoder warned of, and names some with its words.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        warnings: What the decoder warned of, by the id of the image; empty where nothing.
    """
    usable = images[images["reason"] == ""]
    told = usable["image_id"].map(warnings)
    names = [f"{name} ({words})" for name, words in zip(usable["name"], told, strict=True) if words]
    if not names:
        return []
    message = (
        f"{len(names)} of {counted(len(usable), 'image')} are used though the decoder warns of the file, every row of "
        f"which it found; look whether they are as they should be: {listed(names, most=_EXAMPLES)}"
    )
    return [Finding(name="decoder_warnings", critical=False, message=message)]

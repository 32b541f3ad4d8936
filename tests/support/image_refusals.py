"""Files that are refused, or must be where they are damaged."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medimage.serving.preprocessing import ImageRefusedError, RefusalReason, decode_image


def refusal(data: bytes) -> ImageRefusedError:
    """Returns the error with which a file is refused."""
    with pytest.raises(ImageRefusedError) as caught:
        decode_image(data, color_mode="gray")
    return caught.value


def assert_refused(data: bytes, reason: RefusalReason, words: str) -> None:
    """A file is refused for a reason, in some words, and with nothing of what the file says of itself."""
    error = refusal(data)
    assert (error.reason, words in str(error)) == (reason, True), str(error)
    assert "QUIXANO" not in str(error)


def decoded_unless_refused(data: bytes) -> np.ndarray | None:
    """Returns the colors of a file, or None where it is refused with a sentence; any other error fails the test."""
    try:
        return decode_image(data, color_mode="rgb")
    except ImageRefusedError as error:
        told = str(error)
    assert told.endswith(".")
    return None


def assert_refused_or_whole_wherever_cut(data: bytes) -> None:
    """Of a file cut short at any byte, what follows the pixels may be missing; a pixel may not."""
    whole = decode_image(data, color_mode="rgb")
    for length in range(len(data)):
        decoded = decoded_unless_refused(data[:length])
        if decoded is not None:
            np.testing.assert_array_equal(decoded, whole, err_msg=f"{length} of {len(data)} bytes")


def assert_refused_or_decoded_however_damaged(data: bytes, *, seed: int) -> None:
    """A file with some bytes changed gives pixels or a refusal, and no other error."""
    generator = random.Random(seed)
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(generator.randint(1, 6)):
            changed[generator.randrange(len(changed))] = generator.randrange(256)
        decoded = decoded_unless_refused(bytes(changed))
        assert decoded is None or (decoded.dtype, decoded.shape[2]) == (np.uint8, 3)


_DECODE_FILES = """
import logging, sys
from pathlib import Path
if sys.argv[2:] == ["log"]:
    logging.basicConfig(level=logging.INFO)
from medimage.serving.preprocessing import ImageRefusedError, decode_image
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print(file.name, decode_image(file.read_bytes(), color_mode="gray").shape)
    except ImageRefusedError as error:
        print(file.name, error.reason)
"""


def decoded_silently(folder: Path, *, has_log: bool) -> list[str]:
    """Decodes the files of a folder in a process that shows every warning, of which there may be none.

    Args:
        folder: Has nothing but files.
        has_log: Whether the process writes a log, as a service does; else Python shows what nobody takes.

    Returns:
        Name and shape, or the reason of the refusal, of each file in the order of their names.
    """
    command = [sys.executable, "-W", "always", "-c", _DECODE_FILES, str(folder), *(["log"] if has_log else [])]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    return result.stdout.splitlines()

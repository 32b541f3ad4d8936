"""How much memory an image takes while it is decoded."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

DECODING_BYTES_PER_PIXEL = 28
"""What is counted with where memory is given to the service: no format takes more."""

_DECODE = """
import sys
from pathlib import Path
from medimage.serving.preprocessing import prepare_image

def kibibytes(name):
    return int(Path("/proc/self/status").read_text().partition(name + ":")[2].split()[0])

small, large = (Path(file).read_bytes() for file in sys.argv[1:3])
# What libraries take once is not the image's.
prepare_image(small, color_mode=sys.argv[3], size=64)
before = kibibytes("VmRSS")
prepare_image(large, color_mode=sys.argv[3], size=64)
print(1024 * (kibibytes("VmHWM") - before))
"""


def decoding_bytes(large: bytes, *, small: bytes, color_mode: str, folder: Path) -> int:
    """Decodes an image in a process of its own, and returns by how many bytes that made it grow at its largest.

    Args:
        large: The image's file.
        small: The file of a small image of the same kind.
        color_mode: `gray` or `rgb`.
        folder: Where the files can be put.
    """
    files = folder / "small", folder / "large"
    for file, data in zip(files, (small, large), strict=True):
        file.write_bytes(data)
    finished = subprocess.run(
        [sys.executable, "-c", _DECODE, *map(str, files), color_mode],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return int(finished.stdout)

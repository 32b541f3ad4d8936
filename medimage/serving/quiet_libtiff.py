"""libtiff, which Pillow decodes TIFF files with, kept from printing what is wrong with a file to standard error."""

import ctypes
from pathlib import Path

import PIL

_BESIDE = ("../pillow.libs/libtiff*.so*", ".dylibs/libtiff*.dylib")
"""Where the wheels of Pillow have their libtiff on Linux and on macOS, relative to the package."""


def silence_libtiff() -> None:
    """Takes away the functions by which libtiff prints errors and warnings; Pillow raises without them, too.

    Another libtiff than the one that comes with Pillow goes on printing.
    """
    package = Path(PIL.__file__).parent
    for pattern in _BESIDE:
        folder, name = (package / pattern).parent, Path(pattern).name
        for path in folder.glob(name):
            library = ctypes.CDLL(str(path))
            for set_handler in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
                set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
                set_handler(None)

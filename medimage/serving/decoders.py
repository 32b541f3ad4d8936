"""Which decoders are installed: what a file's pixels, and whether it has any, depend on beside the code."""

from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("numpy", "pillow", "simplejpeg", "pydicom", "pylibjpeg", "pylibjpeg-openjpeg", "python-gdcm")
"""All that decode or resize: the last three are pydicom's plugins for compressed pixels."""


def decoder_versions() -> dict[str, str]:
    """Returns the version of each package that decodes images, or `absent`. Imports none of them."""
    return {package: _version(package) for package in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"

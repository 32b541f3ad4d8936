"""Which libraries an audit computes with: what it finds depends on them beside the code and the decoders."""

from importlib.metadata import version

_PACKAGES = ("pandas", "scipy", "great-expectations")


def audit_library_versions() -> dict[str, str]:
    """Returns the version of each. Imports none of them."""
    return {package: version(package) for package in _PACKAGES}

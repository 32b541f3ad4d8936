"""From a folder of medical images to a proven, registered, served classifier."""

__version__ = "0.1.0"

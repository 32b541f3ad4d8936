"""The errors a user can cause, each told in one paragraph and mapped to an exit code."""

from typing import ClassVar


class MedimageError(Exception):
    """An error whose message is written for the user: what was expected, what came, where, what to do.

    The command line prints the message without a traceback and exits with `exit_code`.
    """

    exit_code: ClassVar[int] = 1


class ConfigurationError(MedimageError):
    """The command line or a configuration file is wrong, so nothing was started."""

    exit_code: ClassVar[int] = 2


class UnknownClassError(ConfigurationError):
    """A label of the data is that of no class that the configuration knows."""


class DataError(MedimageError):
    """The images, labels or groups cannot be used as they are."""


class WeightsError(MedimageError):
    """Pretrained weights are missing, unreachable or belong to another architecture."""


class TrainingError(MedimageError):
    """Training cannot go on: a non-finite loss, too little data, too little memory."""


class ExperimentError(MedimageError):
    """No candidate of an experiment could be trained and judged."""


class GateNotPassedError(MedimageError):
    """Something that only a model with a passed gate may do was asked of another one."""

    exit_code: ClassVar[int] = 3


class ExportError(MedimageError):
    """An exported model does not do what the trained one does."""


class PackagingError(MedimageError):
    """A model cannot be packaged as a service."""


class RegistryError(MedimageError):
    """The model registry cannot be reached or refuses the request."""


class StorageError(MedimageError):
    """A place to write to is missing, full or not writable."""


class NoLocksError(StorageError):
    """The file system cannot tell whether another process holds a file, so that two may work where one must."""


class StackError(MedimageError):
    """A stack cannot be registered, or cannot be run on: a cluster, server, package or secret is missing."""


class UnderWayError(MedimageError):
    """Something is under way in the workspace that must come to its end first."""

    exit_code: ClassVar[int] = 5

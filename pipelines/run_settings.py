"""What a run needs to know beyond its configuration, worked out before anything is done to the data."""

import hashlib
import logging
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from medimage.config.model import ModelConfig, Statistics
from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.config.run import RunConfig
from medimage.config.stack.training_gpus import require_gpus
from medimage.config.training import TrainingConfig
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.sources.kaggle import require_kaggle_access
from medimage.models.architectures import find_architecture
from medimage.models.batch_size import configured_batch_size, resolve_batch_size
from medimage.models.input_size import resolve_input_size
from medimage.models.table_defaults import resolve_learning_rates, resolve_normalization
from medimage.registry.champion import Champion
from medimage.workspace import workspace
from pipelines.data_settings import DataSettings, resolve_data_settings

logger = logging.getLogger(__name__)


class RunSettings(DataSettings):
    """Resolved settings of one run that trains, beside those of `DataSettings`.

    Attributes:
        training_libraries: Versions of the packages that networks are built and trained with.
        weights_sha256: SHA-256 of the weights file; empty where none is configured.
        hub_weights: Repository, revision and file of the pretrained weights on timm's hub; empty where training
            starts from others.
        timm_name: timm's name of the backbone.
        normalization: Mean and standard deviation: of the training images, or of the pretrained weights.
        pretrained_statistics: What the weights expect, where it is not what timm says of the backbone.
        input_size: Height and width of the network's input, in pixels.
        batch_size: Images per training batch; `auto` where the machine that trains is to find it.
        batch_size_is_configured: Whether it is what the configuration asks for, to be refused where there are fewer
            training images. A default is lowered to their number.
        bento_name: Name of the Bento.
        saved_normalization: Statistics to normalise with; none where they are measured.
        champion: The version in use that a candidate is held against; none where there is none, or it is not asked for.
    """

    training_libraries: dict[str, str]
    weights_sha256: str
    hub_weights: str
    timm_name: str
    normalization: Statistics
    pretrained_statistics: PretrainedStatistics | None
    input_size: int
    batch_size: int | Literal["auto"]
    batch_size_is_configured: bool
    bento_name: str
    saved_normalization: SavedNormalization | None
    champion: Champion | None = None


def resolve_run_settings(config: RunConfig) -> RunSettings:
    """Works out everything that can be wrong before the data are touched.

    Args:
        config: The run's configuration.

    Raises:
        ConfigurationError: If the model, its input size, the data folder or credentials are missing or unknown, or
            this machine is to train and lacks a device for it.
        DataError: If the file of saved statistics, or a file of the source, cannot be read.
        StorageError: If what is kept in the workspace cannot be written or read.
        WeightsError: If pretrained weights are asked for and cannot be had.
    """
    if config.data.source == "kaggle":
        require_kaggle_access(config.data.kaggle, cache=workspace() / "downloads")
    architecture = find_architecture(config.model.name)
    for number in config.training.trained_stages:
        resolve_learning_rates(
            config.training.stage(number), model=config.model.name, section=f"training.stage{number}"
        )
    if config.model.pretrained or config.model.weights:
        # Imported here, as below, because PyTorch takes seconds to import.
        from medimage.models.weights import check_weights_available  # noqa: PLC0415

        check_weights_available(config.model)
    _require_fitting(config)
    batch_size = batch_size_here(config)
    _require_device(config.training, batch_size=batch_size)
    return RunSettings(
        **dict(resolve_data_settings(config)),
        training_libraries=_training_libraries(),
        weights_sha256=_file_hash(config.model.weights) if config.model.weights else "",
        hub_weights=_hub_weights(config.model),
        timm_name=architecture.timm_name,
        normalization=resolve_normalization(config.model),
        pretrained_statistics=config.model.pretrained_statistics,
        input_size=resolve_input_size(config.model),
        batch_size=batch_size,
        batch_size_is_configured=configured_batch_size(config) is not None,
        bento_name=config.bento.name or f"medimage-{config.problem}",
        saved_normalization=saved_normalization(config.model.normalization_file),
    )


def _require_fitting(config: RunConfig) -> None:
    blocks = any(isinstance(config.training.stage(n).trainable, int) for n in config.training.trained_stages)
    if not blocks and config.model.input_size is None and not config.model.options:
        return
    # Once it is known to fit, a run of cached steps need not wait for PyTorch and timm, which take seconds to import.
    depends_on = (config.model, config.training, version("medimage"), *_training_libraries().values())
    known = workspace() / "fitting" / hashlib.sha256(repr(depends_on).encode()).hexdigest()
    if not known.exists():
        from medimage.training.preflight import require_fitting  # noqa: PLC0415

        require_fitting(config.model, config.training)
        known.parent.mkdir(parents=True, exist_ok=True)
        known.touch()


def _require_device(training: TrainingConfig, *, batch_size: int | Literal["auto"]) -> None:
    # Imported here because it takes ZenML, which the import of this module must not wait for.
    from pipelines.stacks.active import active_definition, runs_elsewhere  # noqa: PLC0415

    if runs_elsewhere():
        stack = active_definition()
        if stack is not None:
            require_gpus(training, stack.steps)
        return
    if training.device in ("auto", "cpu") and training.processes == 1:
        return
    from medimage.training.distributed.room import require_device  # noqa: PLC0415

    require_device(training, batch_size=None if batch_size == "auto" else batch_size)


def batch_size_here(config: RunConfig) -> int | Literal["auto"]:
    """Returns the batch size of the configuration or of the table; `auto` where it is to be found.

    The table's is for this machine's memory where this machine trains, and for its smallest GPU where others do: which
    ones these are is not known here, and is no reason to train otherwise.

    Args:
        config: The run's configuration.

    Raises:
        ConfigurationError: If the architecture is unknown.
    """
    architecture = find_architecture(config.model.name)
    if not architecture.batch_sizes or config.training.device == "cpu":
        return resolve_batch_size(config, architecture)
    from medimage.models.gpu_memory import gpu_memory_gib  # noqa: PLC0415
    from pipelines.stacks.active import runs_elsewhere  # noqa: PLC0415

    memory = None if runs_elsewhere() else gpu_memory_gib()
    return resolve_batch_size(config, architecture, gpu_memory_gib=memory)


def saved_normalization(path: Path | None) -> SavedNormalization | None:
    """Returns the statistics on file, or None, with a warning where there is no such file.

    Args:
        path: Setting `model.normalization_file`.

    Raises:
        DataError: If the file cannot be read.
    """
    if path is None:
        return None
    if path.exists():
        return SavedNormalization.read(path)
    logger.warning(
        "model.normalization_file: there is no file %s, so mean and standard deviation are measured on the training "
        "images. medimage stats save with this configuration measures them once and writes the file.",
        path.absolute(),
    )
    return None


def _training_libraries() -> dict[str, str]:
    return {package: version(package) for package in ("timm", "torch")}


def _hub_weights(model: ModelConfig) -> str:
    if model.weights is not None or not model.pretrained:
        return ""
    from medimage.models.hub import find_hub_weights  # noqa: PLC0415

    weights = find_hub_weights(find_architecture(model.name).timm_name)
    return f"{weights.repository}@{weights.revision or 'newest'}/{weights.filename}"


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""What every pipeline needs to know of its data and of where it logs, worked out before anything is read."""

from pydantic import BaseModel, ConfigDict

from medimage.config.data import DataConfig
from medimage.config.loading import config_hash
from medimage.config.run import RunConfig
from medimage.data.audit.libraries import audit_library_versions
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.data.sources.kaggle import name_version, require_kaggle_access
from medimage.serving.decoders import decoder_versions
from medimage.workspace import workspace


class DataSettings(BaseModel):
    """Resolved settings of a run that reads images and logs what came of it.

    Attributes:
        data_to_read: The data section as far as it decides what is read, with the version of a Kaggle dataset.
        source_fingerprint: Changes when a file of the source does.
        decoders: Versions of the packages that decode images.
        audit_libraries: Versions of the packages that the audit computes with.
        experiment: MLflow experiment.
        registered_name: Name of the registered model.
        config_hash: SHA-256 of the configuration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    data_to_read: DataConfig
    source_fingerprint: str
    decoders: dict[str, str]
    audit_libraries: dict[str, str]
    experiment: str
    registered_name: str
    config_hash: str


def resolve_data_settings(config: RunConfig) -> DataSettings:
    """Works out what can be wrong with the source before it is read.

    Args:
        config: The run's configuration.

    Raises:
        ConfigurationError: If the data folder or credentials are missing.
        DataError: If a file of the source cannot be read.
    """
    downloads = workspace() / "downloads"
    if config.data.source == "kaggle":
        require_kaggle_access(config.data.kaggle, cache=downloads)
    data = config.data.for_reading()
    if data.source == "kaggle":
        # Asked once: a version that appears meanwhile must not be read under the key of the one before.
        data = data.model_copy(update={"kaggle": name_version(data.kaggle, cache=downloads)})
    return DataSettings(
        data_to_read=data,
        source_fingerprint=source_fingerprint(data, cache=downloads),
        decoders=decoder_versions(),
        audit_libraries=audit_library_versions(),
        experiment=config.registry.experiment or config.problem,
        registered_name=config.registered_name,
        config_hash=config_hash(config),
    )

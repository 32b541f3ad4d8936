"""From a configuration to audited and divided images: the pipeline's own way, without its steps."""

from medimage.config.run import RunConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.lock_scope import source_identity
from medimage.data.sources.open_source import open_source
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.data.training_intensities import hold_against_training
from medimage.workspace import sweep_temporary_folders, workspace
from pipelines.zenml_database import open_zenml


def read_and_audit(config: RunConfig) -> tuple[ImageTable, DataAudit]:
    """Reads the images of a run and looks at every one.

    Args:
        config: The run's configuration.

    Raises:
        MedimageError: If the source cannot be read.
    """
    sweep_temporary_folders()
    source = open_source(config.data.for_reading(), cache=workspace() / "downloads")
    table = ImageTable.from_source(source)
    return table, audit_images(table, config.data.audit, color_mode=config.data.color_mode)


def divide(audit: DataAudit, config: RunConfig) -> Split:
    """Divides as a run does, around the test set that is locked for the data, if there is one. Looking locks none.

    Args:
        audit: The audited images.
        config: The run's configuration.

    Raises:
        MedimageError: If the images cannot be divided, or ZenML's database cannot be opened.
    """
    expectations = config.data.audit.expectations
    if config.split.test_set is None:
        return hold_against_training(split_images(audit, config.split, seed=config.seed), audit, expectations)
    open_zenml()
    # Imported here because ZenML takes seconds to import, and without a locked test set nothing needs it.
    from steps.locked_test_sets import split_with_locked_test_set  # noqa: PLC0415

    source = source_identity(config.problem, config.data)
    return split_with_locked_test_set(audit, config.split, expectations, seed=config.seed, source=source, keep=False)

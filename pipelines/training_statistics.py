"""From a configuration to the statistics of its training images: the pipeline's own way, up to the pixels."""

from medimage.config.run import RunConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.lock_scope import lock_scope, source_identity
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.sources.open_source import open_source
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.models.input_size import resolve_input_size
from medimage.progress import track
from medimage.workspace import sweep_temporary_folders, workspace


def measure_training_images(config: RunConfig) -> SavedNormalization:
    """Reads, audits and divides the images as a run does, and measures those that it would train on.

    Args:
        config: The run's configuration.

    Raises:
        MedimageError: If the data cannot be read, trusted or divided.
    """
    sweep_temporary_folders()
    size = resolve_input_size(config.model)
    source = open_source(config.data.for_reading(), cache=workspace() / "downloads")
    records = track(source.records(), description="Reading images", total=len(source))
    table = ImageTable.write(
        records, classes=source.classes, skipped_files=source.skipped_files, files_found=source.files_found
    )
    audit = audit_images(table, config.data.audit, color_mode=config.data.color_mode)
    audit.require_trust()
    split = _split(audit, config)
    training = [split.image_ids[row] for row in split.rows("train")]
    store = PixelStore.build(table, image_ids=training, size=size, color_mode=config.data.color_mode)
    return SavedNormalization.of(store.normalization(training), image_ids=training)


def _split(audit: DataAudit, config: RunConfig) -> Split:
    """Divides around the test set that is locked for the data, if there is one. Looking locks none."""
    locked = None
    if config.split.test_set is not None and config.split.folds is None:
        # Imported here because ZenML takes seconds to import, and without a locked test set nothing needs it.
        from steps.locked_test_sets import find_locked_test_set  # noqa: PLC0415

        source = source_identity(config.problem, config.data)
        locked = find_locked_test_set(lock_scope(source, name=config.split.test_set, classes=audit.classes))
    return split_images(audit, config.split, seed=config.seed, locked=locked)
